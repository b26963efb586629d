"""Files without labels scored by a study's networks, or by another's: tables, friend trees."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import uproot
import yaml

from toy import TOY, planned, run_snakemake, toy_events, write_study

EVENTS = 1500
NAMES = {"score_signal": "p", "status": "why", "role": "known"}


def write_tree(path, events):
    """Write events as an analyst has them: a tree without classes, in several baskets."""
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", dict(events.dtypes))
        for start in range(0, len(events), 400):
            tree.extend(dict(events.iloc[start : start + 400].items()))


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """A study in three folds whose networks score its own file and one that nobody knows."""
    folder = tmp_path_factory.mktemp("applied")
    events = toy_events(2 * EVENTS, 3).drop(columns="process").assign(known=0.0)
    known, unknown = events[:EVENTS], events[EVENTS:].copy()
    signal = known["energy"] + 20 * known["angle"] > 40
    for name, part in (("signal", known[signal]), ("background", known[~signal])):
        write_tree(folder / f"{name}.root", part)
    # some of the training events stand in the collision data, too
    mixed = pd.concat([unknown, known[:100]], ignore_index=True)
    mixed.loc[7, "energy"] = np.nan
    write_tree(folder / "data.root", mixed.drop(columns=["w", "truth"]))
    config = {
        **TOY,
        "folds": 3,
        "input": {
            "files": [
                {"path": f"{name}.root", "process": process}
                for name, process in (("signal", "higgs"), ("background", "top"))
            ],
            "missing_values": [-999],
        },
        "columns": {k: v for k, v in TOY["columns"].items() if k != "process"},
        "apply": {
            "files": [{"path": "data.root"}],
            "friends": True,
            "spectators": ["event"],
            "tree": "scores",
            "branches": NAMES,
        },
    }
    write_study(folder, config)
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder


def friend(folder, source, study="toy", tree="scores"):
    with uproot.open(folder / f"results/{study}/apply/{source}/friend.root") as file:
        return file[tree].arrays(library="pd")


def table(folder, source, study="toy"):
    return pd.read_parquet(folder / f"results/{study}/apply/{source}/scores.parquet")


def test_a_friend_has_the_originals_entries_in_its_order(applied):
    for source in ("data", "signal", "background"):
        with uproot.open(applied / f"{source}.root") as file:
            original = file["Events"].arrays(library="pd")
        own, beside = friend(applied, source), table(applied, source)
        assert len(own) == len(beside) == len(original)
        assert list(own) == ["score_background", "p", "why", "known", "fold"]
        cut = original["angle"].abs() >= 3
        defect = original["energy"].isna()
        expected = np.where(defect, 2, np.where(cut, 1, 0))
        np.testing.assert_array_equal(own["why"], expected)
        np.testing.assert_array_equal(own["p"].isna(), expected > 0)
        np.testing.assert_array_equal(own["p"], beside["score_signal"])
        assert beside["status"].tolist() == [("scored", "cut", "rejected")[n] for n in expected]
        scored = expected == 0
        np.testing.assert_array_equal(beside["event"][scored], original["event"][scored])
        np.testing.assert_array_equal(beside["row"], np.arange(len(original)))


def test_what_a_network_was_trained_on_keeps_the_one_that_never_saw_it(applied):
    columns = ["source", "row", "score_signal", "event_id"]
    cross = pd.read_parquet(applied / "results/toy/cross/base/replica-00/scores.parquet")[columns]
    for source in ("signal", "background"):
        both = table(applied, source).merge(cross, on=["source", "row"], how="left")
        scored = both["status"] == "scored"
        assert scored.sum() == cross["source"].eq(source).sum()
        assert (both["role"][scored] == "test").all()
        left, right = both["score_signal_x"][scored], both["score_signal_y"][scored]
        np.testing.assert_allclose(left, right, atol=1e-6)
    both = table(applied, "data").merge(cross, on="event_id", how="left")
    seen = both["score_signal_y"].notna()
    assert seen[:EVENTS].sum() == 0
    assert seen[EVENTS:].sum() > 90
    left, right = both["score_signal_x"][seen], both["score_signal_y"][seen]
    np.testing.assert_allclose(left, right, atol=1e-6)
    assert (both["role"][seen] == "test").all()
    assert (both["fold"][seen] >= 0).all()


def test_unseen_events_have_the_mean_of_the_folds(applied):
    shutil.copytree(applied / "results/toy/best", applied / "alone", dirs_exist_ok=True)
    own = table(applied, "data")
    unseen = (own["role"] == "unseen") & (own["status"] == "scored")
    assert unseen.sum() > 1400
    assert (own["fold"][unseen] == -1).all()
    total = 0.0
    for fold in range(3):
        config = yaml.safe_load((applied / "study.yaml").read_text())
        config |= {"study": f"one-{fold}"}
        config["apply"] = {
            "files": [{"path": "data.root"}],
            "model": f"alone/fold-{fold}",
        }
        write_study(applied, config, "one.yaml")
        target = f"results/one-{fold}/apply/data/friend.root"
        run_snakemake(applied, target, "--configfile", "one.yaml")
        alone = table(applied, "data", f"one-{fold}")
        assert set(alone["role"].astype(str)) == {"unseen"}
        total = total + alone["score_signal"]
    np.testing.assert_allclose(own["score_signal"][unseen], total[unseen] / 3, atol=1e-6)


def test_another_studys_model_brings_all_that_it_needs(applied):
    """The study that applies it has other features, classes and cuts."""
    other = {
        "study": "other",
        "input": {"files": [{"path": "signal.root", "process": "one"},
                            {"path": "background.root", "process": "two"}]},
        "columns": {"features": ["angle"]},
        "classes": {"a": ["one"], "b": ["two"]},
        "balance": {"scheme": "equal"},
        "apply": {"files": [{"path": "data.root"}], "model": "results/toy"},
    }  # fmt: skip
    write_study(applied, other, "other.yaml")
    arguments = "results/other/apply/data/friend.root", "--configfile", "other.yaml"
    assert planned(applied, "all", *arguments[1:])["apply"] == 1
    run_snakemake(applied, *arguments)
    pd.testing.assert_frame_equal(
        table(applied, "data", "other").drop(columns="source"),
        table(applied, "data").drop(columns=["source", "event"]),
    )
    assert list(friend(applied, "data", "other", "winnow")) == [
        "score_background", "score_signal", "status", "role", "fold"
    ]  # fmt: skip


def test_the_counts_say_what_became_of_the_entries(applied):
    counts = json.loads((applied / "results/toy/apply/data/counts.json").read_text())
    own = table(applied, "data")
    for name in ("scored", "cut", "rejected"):
        assert counts[name] == (own["status"] == name).sum()
    assert counts["rejected"] == 1
    rejected = pd.read_csv(applied / "results/toy/apply/data/rejected.csv")
    assert rejected[["row", "column"]].to_numpy().tolist() == [[7, "energy"]]
    assert (
        counts["scored_unseen"] == ((own["role"] == "unseen") & (own["status"] == "scored")).sum()
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files": [{"path": "data.root", "tree": "Event"}]}, "there is no tree 'Event'"),
        ({"spectators": ["truth"]}, "config key `apply.spectators`: column 'truth' is missing"),
        ({"files": [{"path": "none.root"}]}, "no file matches 'none.root'"),
        ({"files": [{"path": "signal.root"}]}, "signal.root is listed twice"),
        ({"model": "results"}, "config key `apply.model`: there is no passport.json"),
        ({"branches": {"score_top": "t"}}, "config key `apply.branches.score_top`"),
        ({"branches": {"status": "role"}}, "two columns would be the branch 'role'"),
        ({"draw": ["mass"]}, "config key `apply.draw`: 'mass' is none of"),
    ],
)
def test_what_cannot_be_applied_is_refused_before_anything_runs(applied, change, message):
    config = yaml.safe_load((applied / "study.yaml").read_text())
    config["apply"] |= change
    write_study(applied, config, "wrong.yaml")
    done = run_snakemake(applied, "-n", "--configfile", "wrong.yaml", check=False)
    assert done.returncode == 1
    assert message in done.stdout


def test_root_itself_reads_a_friend_beside_its_original(applied):
    root = pytest.importorskip("ROOT")
    file = root.TFile.Open(str(applied / "data.root"))
    tree = file.Get("Events")
    tree.AddFriend("scores", str(applied / "results/toy/apply/data/friend.root"))
    assert (
        tree.Draw("scores.p:event", "scores.why == 0", "goff")
        == 1500 + 100 - (friend(applied, "data")["why"] != 0).sum()
    )
    own = table(applied, "data")
    scored = own[own["status"] == "scored"]
    found = np.array([tree.GetV1()[n] for n in range(len(scored))])
    np.testing.assert_allclose(found, scored["score_signal"])
    events = np.array([tree.GetV2()[n] for n in range(len(scored))])
    np.testing.assert_array_equal(events, scored["event"])
