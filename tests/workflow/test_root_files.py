"""A study of ROOT files with lists; one brings its sample, the other is shared out."""

from copy import deepcopy

import awkward as ak
import numpy as np
import pandas as pd
import pytest
import uproot

from toy import TOY, at_the_cut, run_snakemake, toy_events, write_study

RUN = "base/replica-00/fold-0"


def with_jets(count, seed):
    """The toy's events, with lists of jets in place of their energy, some of them empty."""
    events, generator = toy_events(count, seed), np.random.default_rng(seed)
    numbers = generator.integers(0, 5, count)
    energy = np.repeat(events["energy"].to_numpy(), numbers)
    eta = generator.normal(0, 2, len(energy))
    columns = {name: events[name].to_numpy() for name in ("mass", "angle", "truth", "w")}
    columns |= {
        name: ak.unflatten(values, numbers)
        for name, values in (
            ("jet_pt", energy * generator.uniform(0.5, 1, len(energy))),
            ("jet_eta", eta),
        )
    }
    label = np.select([events["process"] == f"{name}.root" for name in ("higgs", "top")], [1, 2], 3)
    return columns | {"label": label}  # fmt: skip


@pytest.fixture(scope="module")
def jets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    split, brought = with_jets(3000, 1), with_jets(900, 2)
    with uproot.recreate(folder / "split.root") as out:
        kinds = {name: values.dtype if isinstance(values, np.ndarray) else "var * float64"
                 for name, values in split.items()}  # fmt: skip
        out.mktree("events", kinds).extend(split)
    with uproot.recreate(folder / "brought.root") as out:
        out["events"] = brought | {"deep": ak.Array([[[1.0], []]] * 900)}
    config = deepcopy(TOY) | {
        "study": "jets",
        "input": {
            "files": [{"path": "split.root"}, {"path": "brought.root", "sample": "test"}],
            "missing_values": [-999],
        },
        "columns": {
            "features": ["mass", "ht", "hardest", "central"],
            "derived": {
                "ht": "Sum$(jet_pt)",
                "hardest": "jet_pt[0]",
                "central": "Sum$(jet_pt > 10 && abs(jet_eta) < 2.4)",
            },
            "weight": ["w"],
            "process": "label",
            "event_id": ["Entry$"],
            "spectators": ["truth"],
        },
        "selection": {"jets": "Length$(jet_pt) >= 1 || angle > 0", "soft": "!(Max$(jet_pt) > 200)"},
        "classes": {"background": [2, 3], "signal": [1]},
    }
    write_study(folder, config)
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder / "results" / "jets"


def test_lists_become_features_and_events_without_jets_are_cut_by_the_second(jets):
    for source, events in (("split", with_jets(3000, 1)), ("brought", with_jets(900, 2))):
        found = pd.read_parquet(jets / "ingest" / source / "events.parquet")
        pt, eta = events["jet_pt"].to_list(), events["jet_eta"].to_list()
        kept = [row for row, own in enumerate(pt) if own and max(own) <= 200]
        assert found["row"].tolist() == kept
        np.testing.assert_array_equal(found["hardest"], np.float32([pt[row][0] for row in kept]))
        central = [
            sum(p > 10 and abs(e) < 2.4 for p, e in zip(pt[row], eta[row], strict=True))
            for row in kept
        ]
        assert found["central"].tolist() == central


def test_each_sample_stands_for_the_events_of_both_files(jets):
    scores = pd.read_parquet(jets / "predict" / RUN / "scores.parquet")
    brought = scores["source"] == "brought"
    assert (scores.loc[brought, "sample"] == "test").all()
    shares = scores.loc[~brought, "sample"].value_counts(normalize=True)
    assert shares["validation"] == pytest.approx(0.25, abs=0.03)
    table = at_the_cut(pd.read_csv(jets / "fom" / RUN / "yields.csv"))
    passed = scores[scores["score_signal"] >= table["cut"].iloc[0]]
    sums = passed.groupby(["sample", passed["source"] == "brought", "process"], observed=True)
    by_hand = sums["weight"].sum()
    whole = scores.groupby([brought, "process"], observed=True)["weight"].sum()
    for row in table.to_dict("records"):
        sample, process = row["sample"], str(row["process"])
        shared = by_hand.get((sample, False, process), 0) / {"test": 0.5}.get(sample, 0.25)
        if sample == "test":
            expected = shared + by_hand.get((sample, True, process), 0)
        else:
            expected = shared * (1 + whole[True, process] / whole[False, process])
        assert row["yield"] == pytest.approx(10 * expected, rel=1e-9), row
    assert set(table["sample"]) == {"train", "validation", "test"}


def test_the_ledger_has_each_entry_once_and_its_role(jets):
    ledger = pd.read_parquet(jets / "ledger" / "ledger.parquet")
    assert not ledger.duplicated(["source", "row"]).any()
    assert ledger["event_id"].nunique() == len(ledger)
    assert (ledger.loc[ledger["source"] == "brought", "sample"] == "test").all()
    assert pd.read_csv(jets / "ledger" / "summary.csv")["in_two"].tolist() == [0]
