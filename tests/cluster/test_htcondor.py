"""The workflow as HTCondor runs it, by the profile that a site would use."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import htcondor
from study import (
    LONG,
    PACED,
    RUN,
    TRAINED,
    same_training,
    shown,
    site_profile,
    trained_with,
    untrained,
    write_default,
    write_events,
    write_scan,
)
from toy import ROOT, TOY, write_study

COMPLETED, HELD = 4, 5  # HTCondor's JobStatus
# the GPUs of the test's pool are names only
PROFILE = site_profile("htcondor", require_gpu=0, htcondor_submit_job_max_vacate_time=2)
STUDY = ["--configfile", "study.yaml"]
# snakemake whose HTCondor executor is slow to set itself up, as on a busy machine
SLOW_START = """
import sys
import time

from snakemake.cli import main
from snakemake_executor_plugin_htcondor import Executor

set_up = Executor.__post_init__


def late(self):
    time.sleep(1)
    set_up(self)


Executor.__post_init__ = late
main(sys.argv[1:])
"""
SUBMITTED = "000 (001.000.000) 2026-11-01 12:00:00 Job submitted from host: <127.0.0.1:1>\n...\n"


@pytest.fixture(scope="session")
def pool(tmp_path_factory):
    """An HTCondor pool of this machine's own, for all tests."""
    reason = htcondor.missing()
    if reason is not None:
        pytest.skip(f"no HTCondor pool: {reason}")
    with htcondor.htcondor_pool(tmp_path_factory.mktemp("htcondor")) as running:
        yield running


def folder_of(pool, name):
    folder = pool.folder / name
    folder.mkdir()
    return folder


def finish(process, folder, seconds=600):
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = f"none after {seconds} s"
    assert code == 0, f"exit code {code}\n" + (folder / "out").read_text()


def test_a_log_of_an_earlier_snakemake_does_not_stop_the_next_from_seeing_its_jobs(tmp_path):
    if htcondor.not_installed():
        pytest.skip(htcondor.not_installed())
    write_events(tmp_path)
    write_study(tmp_path, TOY)
    log = tmp_path / "logs" / "htcondor" / "snakemake-rules.log"
    log.parent.mkdir(parents=True)
    log.write_text(SUBMITTED)
    (tmp_path / "late.py").write_text(SLOW_START)
    command = [sys.executable, "late.py", "results/toy/split/samples.parquet", *STUDY]
    command += ["-s", ROOT / "Snakefile", "--workflow-profile", ROOT / "profiles" / "htcondor"]
    text = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "CONDOR_CONFIG": "/dev/null"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    ).stdout
    assert "Unable to locate local daemon" in text, text  # no pool here: it has come to submission
    assert "CRITICAL ERROR" not in text, text


@pytest.fixture(scope="module")
def finished(pool):
    """The default study, run to its end by HTCondor: its folder and its jobs by rule."""
    folder = folder_of(pool, "default")
    write_default(folder)
    pool.give(folder)
    with pool.snakemake(folder, *PROFILE, *STUDY) as process:
        finish(process, folder)
    jobs = pool.jobs(folder)
    return folder, jobs.set_index(jobs["JobBatchName"].str.extract(r"^([a-z]+)")[0])


def test_the_study_runs_to_its_end_and_what_follows_training_shares_one_job(finished):
    folder, jobs = finished
    assert (folder / "results" / "higgsml" / "report" / "report.html").exists()
    assert set(jobs["JobStatus"]) == {COMPLETED}
    assert set(jobs["ExitCode"]) == {0}
    rules = ["balance", "baseline", "evaluate", "ingest", "inputs", "ledger", "normalise", "split"]
    rules += ["train", "train"]
    assert sorted(jobs.index) == rules


def test_only_train_asks_for_a_gpu_and_is_matched_to_the_slot_that_has_them(finished):
    _, jobs = finished
    trains = jobs.index == "train"
    assert list(jobs.loc[trains, "RequestGPUs"]) == [1, 1]
    assert jobs.loc[trains, "AssignedGPUs"].str.fullmatch(r"GPU-\w+").all()
    assert jobs.loc[trains, "LastRemoteHost"].str.startswith("slot2_").all()
    assert jobs.loc[~trains, ["RequestGPUs", "AssignedGPUs"]].isna().all(axis=None)
    assert jobs.loc[~trains, "LastRemoteHost"].str.startswith("slot1_").all()


@pytest.mark.parametrize(
    ("rule", "cores", "memory", "seconds"),
    [
        ("ingest", 1, 2000, 601),
        ("split", 1, 1000, 601),
        ("train", 1, 2006, 3600),  # a table of 6 MB, hardware.runtime
        ("evaluate", 1, 2006, 9000),  # 15 rules in turn: the largest memory
    ],
)
def test_jobs_ask_for_what_rules_and_profile_say(finished, rule, cores, memory, seconds):
    jobs = finished[1].loc[[rule]]
    assert set(jobs["RequestCpus"]) == {cores}
    assert set(jobs["RequestMemory"]) == {memory}
    assert set(jobs["RequestDisk"]) == {1000 * 1024}
    assert set(jobs["MaxRuntime"]) == {seconds}


def test_jobs_ask_for_what_the_dry_run_shows(finished):
    folder, jobs = finished
    in_dry_run = shown(folder, *PROFILE, *STUDY)
    assert set(jobs["RequestCpus"]) == {1}
    assert set(jobs["RequestDisk"]) == {1000 * 1024}
    for rule, job in jobs.iterrows():
        own = in_dry_run[rule]
        assert job["RequestMemory"] == max(int(r["htcondor_request_mem_mb"]) for r in own), rule
        assert job["MaxRuntime"] == max(int(r["classad_MaxRuntime"]) for r in own), rule


@pytest.fixture(scope="module")
def laptop(pool):
    """A longer training, undisturbed and not by HTCondor, but with the C library of its jobs.

    Another release rounds logarithms otherwise, which changes recorded losses by one part in 1e10.
    """
    folder = folder_of(pool, "laptop")
    write_events(folder)
    (folder / "paced.py").write_text(PACED)
    write_study(folder, LONG)
    pool.give(folder)
    with pool.snakemake(folder, TRAINED, "--cores", "2", *STUDY) as process:
        finish(process, folder)
    return folder


class Training:
    """The train job of a study that a snakemake runs in the pool, as a test looks at it."""

    def __init__(self, pool, folder, process):
        self.pool, self.folder, self.process = pool, folder, process
        self.log = folder / "logs" / "toy" / RUN / "train.log"

    def wait(self, ready, seconds=400):
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, (self.folder / "out").read_text()
            assert time.monotonic() < end, (self.folder / "out").read_text()
            time.sleep(0.5)

    def do(self, command, *options):
        """Have HTCondor do something to the newest of its jobs."""
        newest = self.pool.jobs(self.folder)["ClusterId"].iloc[-1]
        self.pool.command(command, *options, str(newest))

    def says(self, text, since=0.0):
        try:
            return self.log.stat().st_mtime > since and text in self.log.read_text()
        except FileNotFoundError:
            return False

    def end(self):
        """Let the training go at full speed, and wait for its snakemake."""
        (self.folder / "slow").unlink()
        finish(self.process, self.folder, 600)


def evicted(pool, folder):
    """Disturb a training three times: evicted, evicted without warning, held."""
    generator = np.random.default_rng(5)
    ways = (["condor_vacate_job"], ["condor_vacate_job", "-fast"], ["condor_hold"])
    with pool.snakemake(folder, TRAINED, *PROFILE, *STUDY) as process:
        training = Training(pool, folder, process)
        begun, since = "epoch 1 ", 0.0
        for way in ways:
            training.wait(lambda begun=begun, since=since: training.says(begun, since))
            time.sleep(generator.uniform(0, 4))
            starts = pool.jobs(folder)["NumJobStarts"].sum()
            training.do(*way)
            training.wait(lambda starts=starts: pool.jobs(folder)["NumJobStarts"].sum() > starts)
            begun, since = "going on in epoch", time.time()
        training.wait(lambda: training.says(begun, since))
        training.end()


def restarted(pool, folder):
    """Kill snakemake and start it again beside its own train job."""
    with pool.snakemake(folder, TRAINED, *PROFILE, *STUDY) as process:
        training = Training(pool, folder, process)
        training.wait(lambda: training.says("epoch 1 "))
    with pool.snakemake(folder, "--unlock", *STUDY) as process:
        finish(process, folder)
    with pool.snakemake(folder, TRAINED, *PROFILE, *STUDY) as process:
        training = Training(pool, folder, process)
        training.wait(lambda: training.says("holds this state; waiting"))
        time.sleep(3)
        assert len(pool.jobs(folder)) == 2
        assert not training.says("epoch 1 ")  # the second trains nothing beside the first
        training.end()


def without_gpu(pool, folder):
    """Train by the profile as it is, where the GPU is a name only."""
    profile = ["--workflow-profile", str(ROOT / "profiles" / "htcondor"), "--retries", "0"]
    with pool.snakemake(folder, TRAINED, *profile, *STUDY) as process:
        assert process.wait(600) != 0


@pytest.fixture(scope="module")
def disturbed(pool, laptop):
    """What comes of disturbed trainings, side by side since they wait most of the time."""
    ways = (evicted, restarted, without_gpu)
    folders = {way.__name__: folder_of(pool, way.__name__) for way in ways}
    for folder in folders.values():
        untrained(laptop, folder)
        pool.give(folder)
    with ThreadPoolExecutor(len(ways)) as threads:
        results = [threads.submit(way, pool, folders[way.__name__]) for way in ways]
    return {name: (folders[name], result) for name, result in zip(folders, results, strict=True)}


def disturbed_jobs(pool, disturbed, way):
    folder, result = disturbed[way]
    result.result()
    return folder, pool.jobs(folder)


def test_evicted_and_held_at_random_moments_it_ends_as_on_a_laptop(pool, laptop, disturbed):
    folder, jobs = disturbed_jobs(pool, disturbed, "evicted")
    assert list(jobs["JobStatus"]) == [HELD, COMPLETED]
    assert list(jobs["NumJobStarts"]) == [3, 1]  # evicted jobs start again by themselves
    assert list(jobs["MaxRuntime"]) == [3600, 7200]  # the held one's successor has more time
    assert same_training(laptop, folder)


def test_after_sigkill_of_snakemake_a_second_train_job_waits_for_the_first(pool, laptop, disturbed):
    folder, jobs = disturbed_jobs(pool, disturbed, "restarted")
    assert list(jobs["JobStatus"]) == [COMPLETED, COMPLETED]
    assert list(jobs["ExitCode"]) == [0, 0]
    assert same_training(laptop, folder)


def test_a_job_sees_its_gpu_and_the_profile_makes_a_missing_one_an_error(pool, disturbed):
    folder, jobs = disturbed_jobs(pool, disturbed, "without_gpu")
    text = (folder / "out").read_text()
    assert "TensorFlow sees none" in text
    (seen,) = set(re.findall(r"CUDA_VISIBLE_DEVICES=([\w-]+)", text))
    assert list(jobs["AssignedGPUs"]) == [seen]


def test_every_point_of_a_scan_of_two_keys_is_trained_as_it_says(pool):
    """Snakemake splits a submitted job's wildcards at commas: some names train other points."""
    folder = folder_of(pool, "scan")
    expected = write_scan(folder)
    pool.give(folder)
    with pool.snakemake(folder, "--until", "checkpoint_model", *PROFILE, *STUDY) as process:
        finish(process, folder)
    assert trained_with(folder) == expected
    jobs = pool.jobs(folder)
    assert set(jobs["JobStatus"]) == {COMPLETED}
    assert jobs["JobBatchName"].str.startswith("train").sum() == 4
