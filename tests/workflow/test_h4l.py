"""The study h4l on files of its layout: scored data over simulation, sculpting, friend trees."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import uproot
import yaml

from toy import ROOT, run_snakemake

SAMPLES = ROOT.parent / "shared" / "data" / "h4l-2e2mu"
NAMES = {
    "Run2012B_DoubleElectronTwoMuonsTwoElectronsSkim": 23,
    "Run2012B_DoubleMuParkedTwoMuonsTwoElectronsSkim": 31,
    "Run2012C_DoubleElectronTwoMuonsTwoElectronsSkim": 35,
    "Run2012C_DoubleMuParkedTwoMuonsTwoElectronsSkim": 53,
    "SMHiggsToZZTo4LTwoMuonsTwoElectronsSkim": 11620,
    "ZZTo2e2muTwoMuonsTwoElectronsSkim": 49356,
}


@pytest.fixture(scope="module")
def h4l(tmp_path_factory):
    """The shipped study, with a small network, on the real files."""
    if not SAMPLES.is_dir():
        pytest.skip("wants ../shared/data/h4l-2e2mu: the CMS open data are not shipped")
    folder = tmp_path_factory.mktemp("h4l")
    (folder / "h4l-2e2mu").symlink_to(SAMPLES)
    config = yaml.safe_load((ROOT / "config/studies/h4l.yaml").read_text())
    config["model"]["layers"] = [16]
    config["training"]["epochs"] = 6
    config["baselines"] = []
    (folder / "h4l.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    run_snakemake(folder, "--configfile", "h4l.yaml")
    return folder / "results/h4l"


def test_events_of_both_streams_count_once(h4l):
    """142 collision events, of which 90 are distinct by all that the files tell of them."""
    counts = pd.read_csv(h4l / "data/counts.csv").set_index("source")
    data = {name: entries for name, entries in NAMES.items() if name.startswith("Run")}
    assert counts["entries"].to_dict() == data
    assert counts["scored"].sum() - counts["duplicates"].sum() == 90
    histograms = pd.read_parquet(h4l / "data/histograms.parquet")
    seen = histograms[histograms["process"] == "data"].groupby("quantity")["yield"].sum()
    assert seen.to_dict() == {"score": 90, "Higgs_mass": 90}


def test_the_simulation_expects_its_sum_of_weights(h4l):
    """The files' own weights, which make 98.14 events; the test half stands for all of them."""
    whole = sum(
        uproot.open(SAMPLES / f"{name}.root")["Events"]["Weight"].array(library="np").sum()
        for name in NAMES
        if not name.startswith("Run")
    )
    yields = pd.read_csv(h4l / "data/yields.csv")
    error = np.hypot.reduce(yields["uncertainty"])
    assert abs(yields["yield"].sum() - whole) < 4 * error
    assert whole == pytest.approx(98.14, abs=0.01)


def test_a_cut_on_the_score_bends_the_mass(h4l):
    """The mass is none of the features, but the Z bosons' masses and momenta make it."""
    table = pd.read_csv(h4l / "sculpting/base/replica-00/fold-0/distances.csv")
    row = table.set_index("spectator").loc["Higgs_mass"]
    assert row["distance"] > 0.1
    assert row["p_value"] == pytest.approx(1 / 101)
    assert (h4l / "report/report.html").read_text().count("Data over simulation") > 0


def test_every_file_has_a_friend_in_its_order(h4l):
    for name, entries in NAMES.items():
        with uproot.open(h4l / "apply" / name / "friend.root") as file:
            friend = file["winnow"].arrays(library="np")
        assert len(friend["status"]) == entries
        assert (friend["status"] == 0).all()
        log = Path(h4l.parents[1], "logs/h4l/apply", name, "apply.log").read_text()
        assert "Events->ResetBit(TTree::kEntriesReshuffled)" in log
    predicted = pd.read_parquet(h4l / "predict/base/replica-00/fold-0/scores.parquet")
    own = predicted[predicted["source"] == name].sort_values("row")
    np.testing.assert_allclose(friend["score_signal"], own["score_signal"], atol=1e-6)
