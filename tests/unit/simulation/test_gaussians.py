"""Two classes of normal variables: their likelihoods, their samples, their chunks."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from sklearn.metrics import roc_auc_score

from winnow.simulation.gaussians import PROCESSES, TRUTH, Classes, columns, simulated


def drawn(classes, count=40_000, parts=(4, 1, 10)):
    return {name: simulated(classes, parts, name, count, 3, 0).to_pandas() for name in PROCESSES}


@pytest.mark.parametrize("width", [1.0, 1.4])
def test_the_true_ratio_is_that_of_two_normal_densities(width):
    classes = Classes(4, 1.2, 0.3, width)
    table = drawn(classes, 500)["signal"]
    values = table[list(columns(4)[:4])].to_numpy(np.float64)
    signal = multivariate_normal(classes.mean, width**2 * classes.covariance).logpdf(values)
    background = multivariate_normal(np.zeros(4), classes.covariance).logpdf(values)
    assert np.allclose(table[TRUTH], signal - background, atol=2e-5)


def test_means_and_covariances_are_those_asked_for():
    classes = Classes(3, 1.5, 0.4, 1.3)
    found = drawn(classes, 200_000)
    names = list(columns(3)[:3])
    background, signal = (
        found[name][names].to_numpy(np.float64) for name in ("background", "signal")
    )
    assert np.allclose(background.mean(axis=0), 0, atol=0.01)
    assert np.allclose(signal.mean(axis=0), classes.mean, atol=0.015)
    assert np.allclose(np.cov(background.T), classes.covariance, atol=0.015)
    assert np.allclose(np.cov(signal.T), 1.3**2 * classes.covariance, atol=0.025)
    distance = classes.mean @ np.linalg.solve(classes.covariance, classes.mean)
    assert np.sqrt(distance) == pytest.approx(1.5)


def test_the_best_area_is_the_textbooks():
    found = drawn(Classes(5, 1.5, 0.4, 1.0), 100_000)
    score = np.concatenate([found[name][TRUTH] for name in PROCESSES])
    label = np.repeat([1, 0], 100_000)
    assert roc_auc_score(label, score) == pytest.approx(norm.cdf(1.5 / np.sqrt(2)), abs=0.003)


def test_samples_take_turns_in_the_parts_asked_for():
    table = drawn(Classes(2, 1, 0, 1), 3000)["signal"]
    assert table["sample"].value_counts().to_dict() == {
        "test": 2000, "train": 800, "validation": 200
    }  # fmt: skip


def test_a_shorter_chunk_is_the_beginning_of_a_longer_one_and_others_differ():
    classes = Classes(2, 1, 0.2, 1)
    long = simulated(classes, (1, 1, 1), "signal", 70_000, 3, 0)
    assert long.slice(0, 500).equals(simulated(classes, (1, 1, 1), "signal", 500, 3, 0))
    first = long["x1"][0]
    others = (("signal", 4, 0), ("signal", 3, 1), ("background", 3, 0))
    for process, seed, number in others:
        assert simulated(classes, (1, 1, 1), process, 500, seed, number)["x1"][0] != first
