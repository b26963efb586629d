"""The passport: a model that does not fit its input is refused."""

import copy

import numpy as np
import pandas as pd
import pytest

import sections
from winnow.errors import ModelError
from winnow.networks.passport import (
    GOLDEN_EVENTS,
    RunFacts,
    check_format,
    check_golden,
    check_input,
    golden_features,
)
from winnow.networks.scorer import score
from winnow.preparation.normalise.apply import apply
from winnow.tables import read_json, write_json
from winnow.training.checkpoint import make_passport, save_model
from winnow.training.scoring import Input, ModelFiles, checked_scorer

FEATURES = [{"name": "pt", "unit": "GeV"}, {"name": "eta", "unit": ""}]
CLASSES = ["background", "signal"]
READING = {"missing_values": [-999.0, "nan"], "derived": {"r": "pt / eta"}, "selection": ["pt > 5"]}
MODEL = {**sections.MODEL, "layers": [8]}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("passport")
    events = np.random.default_rng(1).normal(50, 20, (200, 2)).astype(np.float32)
    events[::7, 1] = np.nan
    transform = sections.fitted(events, ["pt", "eta"], ["standard"], indicators=True)
    network = sections.built(MODEL, 3, 2, 1)
    history = pd.DataFrame(
        {
            "epoch": [0, 1],
            "loss": [0.7, 0.6],
            "validation_loss": [0.7, 0.65],
            "validation_penalty": [0.0, 0.0],
        }
    )
    np.save(folder / "features.npy", events)
    passport = make_passport(
        network,
        history,
        transform,
        events[:GOLDEN_EVENTS],
        RunFacts(CLASSES, 1, FEATURES, READING, {"model": MODEL}, {"run": 1}),
        {"train": [folder / "features.npy"]},
    )
    passport["serves"] = "keras"
    write_json(passport, folder / "passport.json")
    save_model(network, folder / "model.keras")
    return network, transform, read_json(folder / "passport.json"), folder


def test_the_passport_says_what_a_model_needs(trained):
    _, transform, passport, _ = trained
    assert passport["features"] == FEATURES
    assert passport["network_inputs"] == ["pt", "eta", "eta_missing"]
    assert passport["transform"] == transform
    assert passport["classes"] == CLASSES
    assert passport["epoch"] == 1
    assert passport["losses"] == {"loss": 0.6, "validation_loss": 0.65}
    assert len(passport["inputs"]["train"]["features.npy"]) == 64
    assert len(passport["config_sha256"]) == 64
    assert set(passport["versions"]) == {"python", "keras", "tensorflow", "numpy"}
    assert len(passport["golden"]["features"]) == len(passport["golden"]["scores"]) == 32


def test_a_fitting_input_is_accepted(trained):
    _, transform, passport, _ = trained
    check_input(passport, FEATURES, transform, CLASSES, READING)


def test_golden_rows_are_reproduced_by_the_saved_model(trained):
    _, transform, passport, folder = trained
    assert np.isnan(golden_features(passport)).any()
    files = ModelFiles(folder / "model.keras", folder / "network.onnx")
    given = Input(FEATURES, transform, CLASSES, READING)
    found = checked_scorer(files, read_json(folder / "passport.json"), given)
    expected = score(trained[0], np.ones((3, 3), np.float32), 2, 1)
    np.testing.assert_array_equal(found(np.ones((3, 3), np.float32)), expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [("missing_values", [-999.0]), ("derived", {"r": "eta / pt"}), ("selection", [])],
)
def test_input_that_was_read_in_another_way_is_refused(trained, name, value):
    _, transform, passport, _ = trained
    with pytest.raises(ModelError, match=f"does not fit its input: {name} is .*, but the model"):
        check_input(passport, FEATURES, transform, CLASSES, {**READING, name: value})


def test_a_passport_of_another_format_is_refused(trained):
    passport = trained[2]
    check_format(passport)
    with pytest.raises(ModelError, match="passport has format 1, expected 3: another version"):
        check_format({**passport, "format": 1})
    with pytest.raises(ModelError, match="passport has format None"):
        check_format({})


def test_another_order_of_features_is_refused(trained):
    _, transform, passport, _ = trained
    with pytest.raises(ModelError) as error:
        check_input(passport, FEATURES[::-1], transform, CLASSES, READING)
    assert str(error.value) == (
        "the model does not fit its input: feature 0 is eta [], but the model was trained with pt "
        "[GeV] there. Give the features in the model's order and units, or train again."
    )


def test_another_unit_is_refused(trained):
    _, transform, passport, _ = trained
    with pytest.raises(ModelError, match=r"feature 0 is pt \[MeV\], but the model was trained"):
        check_input(
            passport, [{"name": "pt", "unit": "MeV"}, FEATURES[1]], transform, CLASSES, READING
        )


def test_a_missing_feature_is_refused(trained):
    _, transform, passport, _ = trained
    with pytest.raises(ModelError, match="trained with 2 features, the input has 1"):
        check_input(passport, FEATURES[:1], transform, CLASSES, READING)


def test_another_normalisation_is_refused(trained):
    _, transform, passport, _ = trained
    other = copy.deepcopy(transform)
    other["steps"][0]["centre"][0] += 1e-6
    with pytest.raises(ModelError, match="the normalisation is not the one"):
        check_input(passport, FEATURES, other, CLASSES, READING)


def test_other_classes_are_refused(trained):
    _, transform, passport, _ = trained
    with pytest.raises(ModelError, match="its classes are background, signal"):
        check_input(passport, FEATURES, transform, CLASSES[::-1], READING)


def test_a_damaged_model_is_refused(trained):
    network, transform, passport, _ = trained
    scores = score(network, apply(transform, golden_features(passport)), 2, 1)
    check_golden(passport, scores)
    with pytest.raises(ModelError, match="does not reproduce the golden scores"):
        check_golden(passport, scores + np.float32(1e-3))
    with pytest.raises(ModelError, match="does not reproduce the golden scores"):
        check_golden(passport, np.full_like(scores, np.nan))
