"""The scripts of data: input files to arrays, and the ledger's checks, on a small study."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs import EVENTS, SAMPLES, Study
from toy import toy_events
from winnow.columns import CLASS, EVENT_ID, FOLD, ROW, SAMPLE, SOURCE, WEIGHT
from winnow.identity import event_ids, uniform
from winnow.study.scan import split_key
from winnow.tables import read_events, read_json, write_parquet

CLASSES = ["background", "signal"]


def kept():
    """Return the events that pass the study's cut, with their source and row."""
    events = toy_events(EVENTS, 1)
    events[SOURCE] = np.repeat(["events-0", "events-1"], EVENTS // 2)
    events[ROW] = np.tile(np.arange(EVENTS // 2), 2)
    events[CLASS] = (events["process"] == "higgs.root").astype(int)
    return events[events["angle"].abs() < 3].reset_index(drop=True)


def ingested(study):
    return pd.concat(map(pd.read_parquet, study.events), ignore_index=True)


def log(study, rule):
    return (study.folder / rule / f"{rule}.log").read_text()


# Ingest -------------------------------------------------------------------------------------------


def test_ingest_gives_the_events_that_pass_and_counts_the_others(study):
    found, expected = ingested(study), kept()
    for name in (SOURCE, ROW, CLASS, "truth"):
        assert found[name].tolist() == expected[name].tolist(), name
    np.testing.assert_array_equal(found[WEIGHT], expected["w"])
    mass = expected["mass"].where(expected["mass"] != -999).astype(np.float32)
    np.testing.assert_array_equal(found["mass"], mass)
    assert mass.isna().any()
    counts = [read_json(study.job("ingest", source=s)["output"]["counts"][0]) for s in study.files]
    assert [c["rows_read"] for c in counts] == [EVENTS // 2] * 2
    assert sum(c["rows_kept"] for c in counts) == len(expected)
    assert sum(c["rows_cut"] for c in counts) == EVENTS - len(expected) > 0
    cutflow = pd.read_parquet(study.job("ingest", source="events-0")["output"]["cutflow"][0])
    assert cutflow.groupby("cut")["entries"].sum()["all"] == EVENTS // 2
    assert str(counts[1]) in log(study, "ingest")
    assert "WARNING" not in log(study, "ingest")


def with_defect(folder, **config):
    """A study whose third event has no number in `angle`."""
    events = toy_events(20, 1).astype({"angle": object})
    events.loc[2, "angle"] = "abc"
    path = folder / "bad.csv"
    events.to_csv(path, index=False)
    return {"input": {"files": [{"path": str(path)}], "missing_values": [-999], **config}}


def test_ingest_of_a_defect_ends_with_one_message_and_no_events(runner, tmp_path):
    own = Study(tmp_path, runner, **with_defect(tmp_path))
    job = own.job("ingest", source="bad")
    own.refuses("ingest", job, "bad.csv, line 4, column 'angle': found 'abc'")
    assert not list(Path(job["output"]["events"][0]).parent.iterdir())


def test_ingest_lists_the_defects_that_it_is_told_to_reject(runner, tmp_path):
    own = Study(tmp_path, runner, **with_defect(tmp_path, on_defect="reject"))
    own.make("ingest", source="bad")
    outputs = {n: path for n, (path,) in own.job("ingest", source="bad")["output"].items()}
    assert pd.read_csv(outputs["rejected"])[["row", "value"]].to_numpy().tolist() == [[2, "'abc'"]]
    assert 2 not in pd.read_parquet(outputs["events"])[ROW].tolist()
    assert f": 1 rows rejected, see {outputs['rejected']}" in log(own, "ingest")


def test_ingest_warns_of_a_file_without_events(runner, tmp_path):
    toy_events(20, 1)[:0].to_csv(tmp_path / "none.csv", index=False)
    files = {"files": [{"path": str(tmp_path / "none.csv")}]}
    own = Study(tmp_path, runner, input=files)
    own.make("ingest", source="none")
    assert f"WARNING {tmp_path / 'none.csv'} has no events" in log(own, "ingest")


def with_generator(seed):
    """Return events with a generator weight beside their weight."""
    events = toy_events(30, seed)
    return events.assign(gen=events["w"].abs())


@pytest.fixture
def generated(runner, tmp_path):
    """A study of two files of one process, whose cross-section goes with the sum of `gen`."""
    for number in (0, 1):
        with_generator(number).to_csv(tmp_path / f"higgs-{number}.csv", index=False)
    files = [
        {"path": str(tmp_path / "higgs-*.csv"), "process": "higgs"},
        {"path": str(tmp_path / "top.csv"), "process": "top"},
    ]
    toy_events(30, 3).to_csv(tmp_path / "top.csv", index=False)
    facts = {"higgs": {"cross_section": 2.0, "generated": {"column": "gen"}}}
    own = {"input": {"files": files, "missing_values": [-999]}, "processes": facts}
    return Study(tmp_path, runner, **own)


def test_generator_weights_are_summed_of_their_process_before_any_cut(generated):
    sums = []
    for source in ("higgs-0", "higgs-1", "top"):
        generated.make("generator_weights", source=source)
        sums.append(read_json(generated.path("ingest", "generator_weights.json", source=source)))
    totals = [with_generator(number)["gen"].sum() for number in (0, 1)]
    assert sums == [{"higgs": pytest.approx(totals[0])}, {"higgs": pytest.approx(totals[1])}, {}]
    assert "sums of generator weights: {}" in log(generated, "generator_weights")
    job = generated.job("ingest", source="higgs-0")
    paths = [generated.path("ingest", "generator_weights.json", source=s) for s in generated.files]
    job["input"]["sums"], job["params"]["sums"] = paths[:2], [2]
    assert generated.run("ingest", job).returncode == 0
    events = toy_events(30, 0)
    expected = events.loc[events["angle"].abs() < 3, "w"] * 2.0 / sum(totals)
    np.testing.assert_allclose(pd.read_parquet(job["output"]["events"][0])[WEIGHT], expected)
    # without the sums there is nothing that the cross-section could go with
    job["input"]["sums"], job["params"]["sums"] = [], [0]
    Path(job["output"]["events"][0]).unlink()
    generated.refuses("ingest", job | {"output": generated.job(
        "ingest", generated.folder / "none", source="higgs-0")["output"]},
        "config key `processes.higgs.generated`: found 0")  # fmt: skip


@pytest.mark.parametrize("on_defect", ["error", "reject"])
def test_a_generator_weight_that_is_missing_is_a_defect(generated, tmp_path, on_defect):
    events = with_generator(0)
    expected = events["gen"].drop(4).sum()
    events.loc[4, "gen"] = -999
    events.to_csv(tmp_path / "higgs-0.csv", index=False)
    # the weights are asked for here, and once more where the rows are
    job = generated.job("ingest", source="higgs-0")
    job["input"]["sums"], job["params"]["sums"] = [tmp_path / "sums.json"], [1]
    (tmp_path / "sums.json").write_text(json.dumps({"higgs": expected}))
    generated.refuses("ingest", job, "higgs-0.csv, line 6, column 'gen': found -999")
    job = generated.job("generator_weights", source="higgs-0")
    job["params"]["on_defect"] = on_defect
    if on_defect == "error":
        generated.refuses("generator_weights", job, "higgs-0.csv, line 6, column 'gen': found -999")
        return
    assert generated.run("generator_weights", job).returncode == 0
    assert read_json(job["output"]["sums"][0])["higgs"] == pytest.approx(expected)


# Split, normalise, balance ------------------------------------------------------------------------


def test_split_follows_from_the_event_ids(study):
    samples, events = pd.read_parquet(study.samples), kept()
    number = uniform(event_ids({"event": events["event"].to_numpy()}), split_key(1))
    expected = np.where(number < 0.4, "train", np.where(number < 0.7, "validation", "test"))
    assert samples[SAMPLE].tolist() == expected.tolist()
    assert samples[ROW].tolist() == events[ROW].tolist()
    assert samples[SOURCE].tolist() == events[SOURCE].tolist()
    summary = pd.read_csv(study.path("split", "summary.csv"))
    for sample in SAMPLES:
        own = summary[summary[SAMPLE] == sample]
        assert own["entries"].sum() == (expected == sample).sum()
        weights = events.loc[expected == sample, "w"]
        assert own["sum_of_weights"].sum() == pytest.approx(weights.sum())
    assert "events per process and sample" in log(study, "split")


def test_split_shares_out_folds(folded):
    number = uniform(event_ids({"event": kept()["event"].to_numpy()}), split_key(1))
    folds = pd.read_parquet(folded.samples)[FOLD]
    assert folds.tolist() == np.floor(number * 3).astype(int).tolist()
    summary = pd.read_csv(folded.path("split", "summary.csv"))
    assert (
        summary.groupby(FOLD)["entries"].sum().tolist()
        == folds.value_counts().sort_index().tolist()
    )


def test_split_refuses_shares_that_are_empty(study, tmp_path):
    job = study.job("split", tmp_path)
    job["params"]["fractions"] = {"train": 1.0, "validation": 0.0, "test": 0.0}
    study.refuses("split", job, "the validation sample has no events")
    job["params"]["folds"] = 100
    job["input"]["events"] = study.events[:1]
    study.refuses("split", job, "has no events: the inputs have")


def roles(study, fold):
    """Return the role of every event: of k folds, fold i tests and fold i + 1 validates."""
    table = pd.read_parquet(study.samples)
    if FOLD not in table:
        return table[SAMPLE].to_numpy(str)
    tested = table[FOLD].to_numpy()
    rest = np.where(tested == (fold + 1) % 3, "validation", "train")
    return np.where(tested == fold, "test", rest)


@pytest.mark.parametrize(("name", "fold"), [("study", 0), ("folded", 0), ("folded", 2)])
def test_normalise_is_fitted_on_training_events_alone(request, name, fold):
    own = request.getfixturevalue(name)
    events, role = ingested(own), roles(own, fold)
    training = events[role == "train"]
    for sample in SAMPLES:
        found = np.load(*own.prepared("features", samples=[sample], fold=fold).values())
        table = events.loc[role == sample, own.names]
        filled = table.fillna(training[own.names].median())
        # missing values take no part in the fit
        expected = (filled - training[own.names].mean()) / training[own.names].std(ddof=0)
        np.testing.assert_allclose(found[:, :3], expected, atol=1e-5)
        np.testing.assert_array_equal(found[:, 3], table["mass"].isna())
        assert len(found) > 100
    transform = read_json(own.path("normalise", "normalisation.json", fold=fold))
    assert transform["fitted_on"]["events"] == len(training)
    assert f"fitted on {np.sum(roles(own, own.folds[-1]) == 'train')} training events" in log(
        own, "normalise"
    )


@pytest.mark.parametrize(("name", "fold"), [("study", 0), ("folded", 2)])
def test_balance_scales_each_sample_on_its_own_sums(request, name, fold):
    own = request.getfixturevalue(name)
    events, role = ingested(own), roles(own, fold)
    table = pd.read_csv(own.path("balance", "balance.csv", fold=fold)).set_index([SAMPLE, "class"])
    assert len(table) == 4
    for sample in SAMPLES[:2]:
        inside = events[role == sample]
        classes, weights = (
            np.load(path)
            for path in own.prepared("classes", "weights", samples=[sample], fold=fold).values()
        )
        assert classes.tolist() == inside[CLASS].tolist()
        background = int((inside[CLASS] == 0).sum())
        for index, label in enumerate(CLASSES):
            ours = inside.loc[inside[CLASS] == index, WEIGHT]
            expected = ours * background / ours.sum()
            np.testing.assert_allclose(weights[classes == index], expected, rtol=1e-12)
            assert table.loc[(sample, label), "sum_before"] == pytest.approx(ours.sum())
            assert table.loc[(sample, label), "sum_after"] == pytest.approx(background)
    assert "weights before and after" in log(own, "balance")


def test_balance_refuses_what_the_config_refuses_and_what_cannot_be_scaled(study, tmp_path):
    job = study.job("balance", tmp_path)
    job["params"]["balance"]["negative_weights"] = "error"
    study.refuses("balance", job, "negative weights among the")
    job["params"] |= {"balance": study.config["balance"], "classes": [*CLASSES, "third"]}
    study.refuses("balance", job, "class 'third' has no events in the sample 'train'")
    job = study.job("balance", tmp_path)
    samples, events = pd.read_parquet(study.samples), ingested(study)
    moved = (samples[SAMPLE] == "validation") & (events[CLASS] == 1)
    role = samples[SAMPLE].astype(str).mask(moved, "test")
    table = read_events([study.samples]).drop_columns(SAMPLE).append_column(SAMPLE, pa.array(role))
    write_parquet(table, tmp_path / "samples.parquet")
    job["input"]["samples"] = str(tmp_path / "samples.parquet")
    study.refuses("balance", job, "class 'signal' has no events in the sample 'validation'")


@pytest.mark.parametrize("rule", ["normalise", "balance"])
def test_arrays_are_not_made_of_a_split_of_other_events(study, tmp_path, rule):
    job = study.job(rule, tmp_path)
    job["input"]["events"] = study.events[::-1]
    study.refuses(rule, job, "the split table does not belong to these events")


# Inputs that come split ---------------------------------------------------------------------------


def pre_split(folder, runner, planted=0, **columns):
    """A study of three files, one a sample, of which some test events stand in train too."""
    files = []
    for number, sample in enumerate(SAMPLES):
        events = toy_events(60, number)
        events["event"] += 100 * number
        if sample == "test":
            first = toy_events(60, 0)[:planted]
            events = pd.concat([events, first], ignore_index=True)
        events.to_csv(folder / f"{sample}.csv", index=False)
        files.append({"path": str(folder / f"{sample}.csv"), "sample": sample})
    config = {
        "input": {"files": files, "missing_values": [-999]},
        "selection": {},
        "yields": {"luminosity": 1.0, "split_factors": dict.fromkeys(SAMPLES, 3)},
    }
    own = Study(folder, runner, **config)
    for source in own.files:
        own.make("ingest", source=source)
    return own


LEAK = (
    "{where}: 2 events have two roles, expected one each; the first is test row 60 (test) and "
    "train row 0 (train), which are the same event by `columns.event_id` (by all their columns "
    "where the config names none). Take it out of one of the input files, or name columns that "
    "tell the two apart."
)


def test_inputs_that_come_split_keep_their_samples(runner, tmp_path):
    own = pre_split(tmp_path, runner)
    own.make("split")
    samples = pd.read_parquet(own.samples)
    assert samples[SAMPLE].tolist() == samples[SOURCE].tolist()
    assert len(samples) == 180


def test_split_refuses_inputs_of_which_train_and_test_hold_the_same_events(runner, tmp_path):
    own = pre_split(tmp_path, runner, planted=2)
    own.refuses("split", own.job("split"), LEAK.format(where="the inputs' own samples"))


def test_the_ledger_refuses_an_event_in_two_samples_whatever_the_split_let_pass(runner, tmp_path):
    own = pre_split(tmp_path, runner, planted=2)
    write_parquet(read_events(own.events, [SOURCE, ROW, SAMPLE]), own.samples)
    job = own.job("ledger", members=[])
    job["input"]["transforms"], job["params"]["transform_folds"] = [], []
    own.refuses("ledger", job, LEAK.format(where="fold 0"))


# The ledger ---------------------------------------------------------------------------------------


def ledger_job(study, folder):
    """The ledger's job of a study whose reference classifier has scored every event."""
    return study.job("ledger", folder, members=["baseline"])


def test_the_ledger_holds_every_events_role_in_every_fold(folded, tmp_path):
    assert folded.run("ledger", ledger_job(folded, tmp_path)).returncode == 0
    found = pd.read_parquet(tmp_path / "ledger.parquet")
    events = ingested(folded)
    assert len(found) == 3 * len(events)
    summary = pd.read_csv(tmp_path / "summary.csv").set_index(FOLD)
    for fold in range(3):
        own, role = found[found[FOLD] == fold], roles(folded, fold)
        assert own[SAMPLE].tolist() == role.tolist()
        assert own[EVENT_ID].tolist() == events[EVENT_ID].tolist()
        for sample in SAMPLES:
            assert summary.loc[fold, sample] == (role == sample).sum()
    assert summary["in_two"].tolist() == [0, 0, 0]
    assert "roles of the events" in (tmp_path / "ledger.log").read_text()


def transform_of_all(study, job, folder):
    """A transform that was fitted on all events."""
    scratch = study.job("normalise", folder / "all")
    samples = pd.read_parquet(study.samples).drop(columns=FOLD).assign(**{SAMPLE: "train"})
    samples.to_parquet(folder / "all.parquet")
    scratch["input"]["samples"] = str(folder / "all.parquet")
    assert study.run("normalise", scratch).returncode == 0
    job["input"]["transforms"][1] = scratch["output"]["transform"]


def transform_of_another_fold(study, job, folder):
    job["input"]["transforms"][2] = job["input"]["transforms"][0]


def scores_of_another_fold(study, job, folder):
    job["input"]["scores"][1] = job["input"]["scores"][0]


def an_event_in_another_sample(study, job, folder):
    scores = pd.read_parquet(job["input"]["scores"][2])
    scores[SAMPLE] = scores[SAMPLE].astype(str)
    scores.loc[scores[SAMPLE].eq("train").idxmax(), SAMPLE] = "test"
    job["input"]["scores"][2] = str(folder / "moved.parquet")
    scores.to_parquet(folder / "moved.parquet")


def scores_of_fewer_events(study, job, folder):
    job["input"]["scores"][0] = str(folder / "fewer.parquet")
    pd.read_parquet(study.scores("baseline", 0))[1:].to_parquet(folder / "fewer.parquet")


def a_fold_that_tests_twice(study, job, folder):
    job["params"]["folds"] = [0, 1, 2, 3]  # of three: nothing tests, and fold 0 validates


def one_event_in_two_folds(study, job, folder):
    events = read_events(job["input"]["events"][:1])
    ids, folds = events[EVENT_ID].to_numpy().copy(), pd.read_parquet(study.samples)[FOLD]
    ids[folds.ne(folds[0]).idxmax()] = ids[0]
    place = events.column_names.index(EVENT_ID)
    job["input"]["events"][0] = str(folder / "events.parquet")
    write_parquet(events.set_column(place, EVENT_ID, pa.array(ids)), folder / "events.parquet")


def a_split_of_other_events(study, job, folder):
    job["input"]["events"] = job["input"]["events"][::-1]


LEAKS = {
    transform_of_all: "all/normalisation.json: the transform was fitted on",
    transform_of_another_fold: "expected the fold's training events",
    scores_of_another_fold: "events are scored as another sample than their role in the fold",
    an_event_in_another_sample: "moved.parquet: 1 events are scored as another sample than",
    scores_of_fewer_events: "does not belong to these events",
    a_fold_that_tests_twice: "events have the role validation in none or several of the 4 folds",
    one_event_in_two_folds: "1 events have two roles, expected one each; the first is events-0 row",
    a_split_of_other_events: "the split table does not belong to these events",
}


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_the_ledger_fails_on_a_leak(folded, tmp_path, leak):
    job = ledger_job(folded, tmp_path)
    leak(folded, job, tmp_path)
    folded.refuses("ledger", job, LEAKS[leak])


def test_the_ledger_of_a_study_without_folds(study, tmp_path):
    job = study.job("ledger", tmp_path, members=[])
    assert study.run("ledger", job).returncode == 0
    found = pd.read_parquet(tmp_path / "ledger.parquet")
    assert found[SAMPLE].tolist() == pd.read_parquet(study.samples)[SAMPLE].tolist()
    assert set(found[FOLD]) == {0}


# Simulated parts ----------------------------------------------------------------------------------


def test_simulate_writes_a_chunk_and_collect_joins_chunks_in_order(runner, tmp_path):
    parts = []
    for number in (0, 1):
        outputs = {part: tmp_path / f"{number}-{part}.csv" for part in ("train", "val", "test")}
        chunk = {"process": "TT_pow", "events": 40, "total": 80, "number": number}
        settings = {"simulator": "stop", "columns": "binary"}
        params = {"chunk": chunk, "settings": settings, "seed": 1}
        job = {"params": params, "output": {"files": [*outputs.values()]}}
        assert runner("simulate", **job, log=tmp_path / "log").returncode == 0
        parts.append({part: path.read_bytes() for part, path in outputs.items()})
        assert sum(text.count(b"\n") for text in parts[-1].values()) == 40
        assert f"TT_pow: 40 events of chunk {number}" in (tmp_path / "log").read_text()
    assert parts[0] != parts[1]
    for name in ("train", "val", "test"):
        paths = [tmp_path / f"{number}-{name}.csv" for number in (0, 1)]
        target = tmp_path / f"{name}.csv"
        ended = runner("collect", input=paths, output={"all": target}, log=tmp_path / "log")
        assert ended.returncode == 0
        assert target.read_bytes() == parts[0][name] + parts[1][name]
        assert "2 parts" in (tmp_path / "log").read_text()


def test_collect_of_a_part_that_is_gone_leaves_nothing(runner, tmp_path):
    (tmp_path / "0.csv").write_text("1\n")
    job = {"input": [tmp_path / "0.csv", tmp_path / "1.csv"], "output": {"all": tmp_path / "all"}}
    assert runner("collect", **job, log=tmp_path / "log").returncode == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.csv", "log"]
