"""The workflow as SLURM runs it, by the profile that a site would use."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from slurm import GPUS
from study import (
    CHECKS,
    LONG,
    ROOT,
    RUN,
    TRAINED,
    run_snakemake,
    same_training,
    shown,
    site_profile,
    snakemake,
    train_laptop,
    trained_with,
    untrained,
    write_default,
    write_scan,
    write_study,
)

# the GPUs of the test's cluster are names only
PROFILE = [*site_profile("slurm", require_gpu=0), *CHECKS]
STUDY = ["--configfile", "study.yaml"]


@pytest.fixture(scope="module")
def finished(slurm_site, tmp_path_factory):
    """The default study, run to its end by SLURM: its folder and its jobs by rule."""
    folder = tmp_path_factory.mktemp("default")
    write_default(folder)
    run_snakemake(folder, *PROFILE, *STUDY)
    jobs = slurm_site.jobs(folder)
    return folder, jobs.set_index(jobs["Comment"].str.extract(r"^rule_([a-z]+)")[0])


def test_the_study_runs_to_its_end_and_the_runs_share_one_job_after_training(finished):
    folder, jobs = finished
    assert (folder / "results" / "higgsml" / "report" / "report.html").exists()
    assert set(jobs["State"]) == {"COMPLETED"}
    rules = ["balance", "baseline", "evaluate", "ingest", "inputs", "ledger", "normalise", "split"]
    rules += ["train", "train"]
    assert sorted(jobs.index) == rules


def test_only_train_has_a_gpu_and_runs_on_the_gpu_node(finished):
    _, jobs = finished
    trains = jobs.index == "train"
    assert set(jobs.loc[trains, "NodeList"]) == {"gpu1"}
    assert set(jobs.loc[~trains, "NodeList"]) == {"cpu1"}
    allocated = jobs["AllocTRES"].str.split(",")
    assert ["gres/gpu=1" in resources for resources in allocated] == list(trains)
    assert not jobs.loc[~trains, "AllocTRES"].str.contains("gpu").any()


@pytest.mark.parametrize(
    ("rule", "cores", "memory", "minutes"),
    [
        ("ingest", 1, "2000M", 10),
        ("split", 1, "1000M", 10),
        ("train", 1, "2006M", 60),  # a table of 6 MB, hardware.runtime
        ("evaluate", 1, "2006M", 45),  # 15 rules in turn: the largest memory, the sum of times
    ],
)
def test_jobs_ask_for_what_rules_and_profile_say(finished, rule, cores, memory, minutes):
    jobs = finished[1].loc[[rule]]
    assert set(jobs["ReqCPUS"]) == {str(cores)}
    assert set(jobs["ReqMem"]) == {memory}
    assert set(jobs["TimelimitRaw"]) == {str(minutes)}


def test_jobs_ask_for_what_the_dry_run_shows(finished):
    folder, jobs = finished
    in_dry_run = shown(folder, *PROFILE, *STUDY)
    assert set(jobs["ReqCPUS"]) == {"1"}
    for rule, job in jobs.iterrows():
        memory = [int(resources["mem_mb"]) for resources in in_dry_run[rule]]
        minutes = [int(resources["runtime"]) for resources in in_dry_run[rule]]
        assert job["ReqMem"] == f"{max(memory)}M", rule
        # the rules of a group come in turn, so their times add up
        expected = sum(minutes) if rule == "evaluate" else minutes[0]
        assert job["TimelimitRaw"] == str(expected), rule


def test_the_efficiency_report_is_written(finished):
    folder, jobs = finished
    (report,) = (folder / "logs" / "slurm").glob("efficiency_report_*.csv")
    table = pd.read_csv(report, dtype={"MainJobID": str})
    assert set(table["MainJobID"]) == set(jobs["JobIDRaw"])
    assert (table["Memory Usage (%)"] < 100).all()


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    """A longer training, undisturbed, without a cluster."""
    folder = tmp_path_factory.mktemp("laptop")
    train_laptop(folder)
    return folder


class Training:
    """The train job of a study that a snakemake runs on the cluster, as a test looks at it."""

    def __init__(self, site, folder, process):
        self.site, self.folder, self.process = site, folder, process
        self.log = folder / "logs" / "toy" / RUN / "train.log"

    def wait(self, ready, seconds=400):
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, (self.folder / "out").read_text()
            assert time.monotonic() < end, (self.folder / "out").read_text()
            time.sleep(0.2)

    def queue(self):
        """Number and state of its jobs that are not over."""
        lines = self.site.command("squeue", "--noheader", "--format=%i %T %Z").splitlines()
        fields = [line.split() for line in lines]
        return {number: state for number, state, place in fields if place == str(self.folder)}

    def says(self, text, since=0.0):
        try:
            return self.log.stat().st_mtime > since and text in self.log.read_text()
        except FileNotFoundError:
            return False

    def end(self):
        """Let the training go at full speed, and wait for its snakemake."""
        (self.folder / "slow").unlink()
        assert self.process.wait(300) == 0, (self.folder / "out").read_text()


def requeued(site, laptop, folder):
    """Disturb a training three times; return the states of all its attempts."""
    untrained(laptop, folder)
    generator = np.random.default_rng(5)
    profile = [*site_profile("slurm", require_gpu=0, slurm_partition="spare"), *CHECKS]
    with snakemake(folder, TRAINED, *profile, *STUDY) as process:
        training = Training(site, folder, process)
        begun, since = "epoch 1 ", 0.0
        for way in ("requeue", "preempt", "requeue"):
            training.wait(lambda begun=begun, since=since: training.says(begun, since))
            time.sleep(generator.uniform(0, 4))
            (number,) = training.queue()
            if way == "requeue":
                site.command("scontrol", "requeue", number)
            else:
                wanted = ["--partition=urgent", "--gpus=1", "--wrap=sleep 1"]
                site.command("sbatch", "--chdir=/", "--output=/dev/null", *wanted)
            training.wait(lambda number=number: training.queue() == {number: "PENDING"})
            begun, since = "going on in epoch", time.time()
        training.wait(lambda: training.says(begun, since))
        training.end()
    return list(site.jobs(folder, "--duplicates")["State"])


def to_its_end(site, folder, profile, ready):
    """Run a slow training until something holds for it, then at full speed; return it."""
    with snakemake(folder, TRAINED, *profile, *STUDY) as process:
        training = Training(site, folder, process)
        training.wait(lambda: ready(training))
        training.end()
    return training


def cut(site, laptop, folder):
    """Let the time limit end a training; return its jobs, and the log of the last.

    On a slow machine, with the others beside it, a job takes most of a minute to begin to train.
    """
    untrained(laptop, folder, runtime=2)
    training = to_its_end(
        site, folder, PROFILE, lambda training: "TIMEOUT" in set(site.jobs(folder)["State"])
    )
    return site.jobs(folder), training.log.read_text()


def starved(site, laptop, folder):
    """Give a training too little memory at first; return its jobs."""
    untrained(laptop, folder)
    profile = [*site_profile("slurm", require_gpu=0, mem_mb="500 * attempt"), *CHECKS]
    to_its_end(site, folder, profile, lambda training: training.says("epoch 1 "))
    return site.jobs(folder)


def lost(site, laptop, folder):
    """Take the node away under a training and bring it back; return the states of all attempts."""
    untrained(laptop, folder)
    profile = [*site_profile("slurm", require_gpu=0, slurm_partition="frail"), *CHECKS]
    with snakemake(folder, TRAINED, *profile, *STUDY) as process:
        training = Training(site, folder, process)
        training.wait(lambda: training.says("epoch 1 "))
        (number,) = training.queue()
        site.lose("gpu3", number)
        training.wait(lambda: training.queue() == {number: "PENDING"})
        since = time.time()
        site.start("gpu3")
        training.wait(lambda: training.says("going on in epoch", since))
        training.end()
    return list(site.jobs(folder, "--duplicates")["State"])


def restarted(site, laptop, folder):
    """Kill snakemake and start it again beside its own train job; return the jobs' states."""
    untrained(laptop, folder)
    with snakemake(folder, TRAINED, *PROFILE, *STUDY) as process:
        training = Training(site, folder, process)
        training.wait(lambda: training.says("epoch 1 "))
        beside = run_snakemake(folder, TRAINED, *PROFILE, *STUDY, check=False)
        assert beside.returncode != 0
        assert "LockException" in beside.stdout
        process.kill()
        process.wait()
    run_snakemake(folder, "--unlock", *STUDY)
    with snakemake(folder, TRAINED, *PROFILE, *STUDY) as process:
        training = Training(site, folder, process)
        training.wait(lambda: training.says("holds this state; waiting"))
        time.sleep(3)
        assert list(training.queue().values()) == ["RUNNING", "RUNNING"]
        assert not training.says("epoch 1 ")  # the second trains nothing beside the first
        training.end()
    return list(site.jobs(folder)["State"])


def without_gpu(site, laptop, folder):
    """Train by the profile as it is, where the GPU is a name only; return what snakemake did."""
    untrained(laptop, folder)
    profile = ["--workflow-profile", str(ROOT / "profiles" / "slurm"), *CHECKS]
    return run_snakemake(folder, TRAINED, *profile, *STUDY, "--retries", "0", check=False)


@pytest.fixture(scope="module")
def disturbed(slurm_site, laptop, tmp_path_factory):
    """What comes of disturbed trainings, side by side since they wait most of the time."""
    ways = (requeued, cut, starved, lost, restarted, without_gpu)
    folders = {way.__name__: tmp_path_factory.mktemp(way.__name__) for way in ways}
    with ThreadPoolExecutor(len(ways)) as pool:
        results = [pool.submit(way, slurm_site, laptop, folders[way.__name__]) for way in ways]
    return {name: (folders[name], result) for name, result in zip(folders, results, strict=True)}


def test_requeued_and_preempted_at_random_moments_it_ends_as_on_a_laptop(laptop, disturbed):
    folder, states = disturbed["requeued"]
    assert sorted(states.result()) == ["COMPLETED", "PREEMPTED", "REQUEUED", "REQUEUED"]
    assert same_training(laptop, folder)


def test_cut_by_its_time_limit_it_goes_on_with_more_time(laptop, disturbed):
    folder, (jobs, log) = disturbed["cut"][0], disturbed["cut"][1].result()
    assert list(jobs["State"]) == ["TIMEOUT", "COMPLETED"]
    assert list(jobs["TimelimitRaw"]) == ["2", "4"]
    assert "going on in epoch" in log
    assert same_training(laptop, folder)


def test_out_of_memory_it_is_tried_again_with_more(laptop, disturbed):
    folder, jobs = disturbed["starved"][0], disturbed["starved"][1].result()
    assert list(jobs["ReqMem"]) == ["500M", "1000M"]
    # where memory is enforced by cgroups, as sites do, the state is OUT_OF_MEMORY
    assert list(jobs["State"]) == ["FAILED", "COMPLETED"]
    logs = folder.glob(f".snakemake/slurm_logs/rule_train/*/{jobs['JobIDRaw'][0]}.log")
    assert "memory limit" in next(logs).read_text()
    assert same_training(laptop, folder)


def test_when_its_node_is_gone_it_goes_on_where_there_is_one(laptop, disturbed):
    folder, states = disturbed["lost"]
    assert states.result() == ["NODE_FAIL", "COMPLETED"]
    assert same_training(laptop, folder)


def test_after_sigkill_of_snakemake_a_second_train_job_waits_for_the_first(laptop, disturbed):
    folder, states = disturbed["restarted"]
    assert states.result() == ["COMPLETED", "COMPLETED"]
    assert same_training(laptop, folder)


def test_the_profile_makes_a_missing_gpu_an_error_that_says_what_was_seen(disturbed):
    process = disturbed["without_gpu"][1].result()
    assert process.returncode != 0
    assert "TensorFlow sees none" in process.stdout
    assert "CUDA_VISIBLE_DEVICES=" in process.stdout


def test_forty_trainings_twenty_at_a_time(slurm_site, laptop, tmp_path):
    untrained(laptop, tmp_path)
    (tmp_path / "slow").unlink()
    rates = [round(0.0005 * number, 4) for number in range(1, 41)]
    training = {**LONG["training"], "epochs": 1}
    write_study(tmp_path, {**LONG, "training": training, "scan": {"training.learning_rate": rates}})
    run_snakemake(tmp_path, "--until", "train", *PROFILE, *STUDY)
    jobs = slurm_site.jobs(tmp_path)
    assert set(jobs["State"]) == {"COMPLETED"}
    assert len(jobs) == 40
    times = {name: pd.to_datetime(jobs[name]) for name in ("Start", "End")}
    changes = pd.concat([pd.Series(1, times["Start"]), pd.Series(-1, times["End"])])
    assert changes.groupby(level=0).sum().cumsum().max() == GPUS


def test_every_point_of_a_scan_of_two_keys_is_trained_as_it_says(slurm_site, tmp_path):
    """Snakemake splits a submitted job's wildcards at commas: some names train other points."""
    expected = write_scan(tmp_path)
    run_snakemake(tmp_path, "--until", "checkpoint_model", *PROFILE, *STUDY)
    assert trained_with(tmp_path) == expected
    jobs = slurm_site.jobs(tmp_path)
    assert set(jobs["State"]) == {"COMPLETED"}
    assert jobs["Comment"].str.startswith("rule_train").sum() == 4
