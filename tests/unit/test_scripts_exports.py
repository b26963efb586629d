"""The scripts of the exports: files that give Keras' scores, or none."""

import json

import numpy as np
import pytest

from winnow.networks.passport import golden_features
from winnow.output.c_compiled import c_scores
from winnow.output.onnx_model import onnx_scores
from winnow.tables import read_json
from winnow.training.keras_export import keras_file_scores, saved_model_scores


def golden_of(compared, replicas):
    """Return golden rows of the first replica, and the mean of the replicas' scores of them."""
    passports = [
        read_json(compared.job("checkpoint_model", replica=n)["output"]["passport"])
        for n in replicas
    ]
    return golden_features(passports[0]), np.mean(
        [p["golden"]["scores"] for p in passports], axis=0
    )


def chosen_replica(compared):
    table = (compared.folder / "compare" / "runs.csv").read_text().splitlines()
    row = next(line for line in table if ",True," in line)
    return int(row.split("replica-")[1][:2])


@pytest.mark.parametrize("ensemble", [False, True])
def test_export_onnx_writes_the_chosen_network_or_all_replicas(compared, tmp_path, ensemble):
    job = compared.job("export_onnx", tmp_path, ensemble=ensemble)
    ended = compared.run("export_onnx", job)
    assert ended.returncode == 0, ended.stderr
    replicas = (0, 1) if ensemble else (chosen_replica(compared),)
    rows, expected = golden_of(compared, replicas)
    found = onnx_scores((tmp_path / "model.onnx").read_bytes(), rows)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    told = (tmp_path / "export_onnx.log").read_text()
    assert f"the mean of {len(replicas)} networks, {32 * len(replicas) + 10_000} rows" in told


def test_export_c_writes_the_mean_of_all_replicas(compared, tmp_path):
    job = compared.job("export_c", tmp_path, ensemble=True)
    ended = compared.run("export_c", job)
    assert ended.returncode == 0, ended.stderr
    rows, expected = golden_of(compared, (0, 1))
    told = ((tmp_path / name).read_text() for name in ("model.h", "model.c"))
    np.testing.assert_allclose(c_scores(*told, rows, 2), expected, atol=1e-5)


@pytest.mark.parametrize("rule", ["export_keras", "export_saved_model"])
@pytest.mark.parametrize("ensemble", [False, True])
def test_keras_and_tensorflow_get_their_own_files(compared, tmp_path, rule, ensemble):
    job = compared.job(rule, tmp_path, ensemble=ensemble)
    ended = compared.run(rule, job)
    assert ended.returncode == 0, ended.stderr
    replicas = (0, 1) if ensemble else (chosen_replica(compared),)
    rows, expected = golden_of(compared, replicas)
    passports = read_json(job["output"]["passports"])["networks"]
    scores = keras_file_scores if rule == "export_keras" else saved_model_scores
    found = scores(job["output"]["model"], passports, rows)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert len(passports) == len(replicas)


def test_networks_of_other_classes_make_no_c_file(compared, tmp_path):
    job = compared.job("export_c", tmp_path, ensemble=True)
    path = tmp_path / "other.json"
    own = read_json(job["input"]["passports"][1])
    own["classes"] = own["classes"][::-1]
    path.write_text(json.dumps(own))
    job["input"]["passports"][1] = str(path)
    compared.refuses("export_c", job, "export: the networks differ in classes")


def test_networks_that_differ_make_no_file(compared, tmp_path):
    job = compared.job("export_onnx", tmp_path, ensemble=True)
    path = tmp_path / "other.json"
    own = read_json(job["input"]["passports"][0])
    own["features"][0]["unit"] = "parsec"
    path.write_text(json.dumps(own))
    job["input"]["passports"][0] = str(path)
    compared.refuses("export_onnx", job, "export: the networks differ in features")
