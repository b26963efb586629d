"""A classifier in ONNX takes raw features by name and gives what Keras gives."""

import json

import numpy as np
import onnx
import pytest

from classifiers import FEATURES, NAMES, STEPS, exported, member
from winnow.errors import ModelError
from winnow.networks.onnx_scorer import session
from winnow.networks.passport import golden_features
from winnow.networks.proof import MISSING_SHARE, RANDOM_ROWS, TOLERANCE, check_equal, proof_rows
from winnow.output.onnx_model import PROBABILITIES, onnx_model, onnx_scores


def written(own):
    return onnx_model(own).SerializeToString()


@pytest.mark.parametrize("steps", STEPS)
def test_every_step_is_in_the_graph(steps):
    own, rows, expected = exported(member(STEPS[steps]))
    check_equal("model.onnx", onnx_scores(written(own), rows), expected)
    assert expected.std(axis=0).min() > 1e-3


@pytest.mark.parametrize("keys", [{"family": "residual"}, {"batch_normalisation": True}])
def test_every_family_is_exported(keys):
    own, rows, expected = exported(member(["standard"], activation="tanh", **keys))
    check_equal("model.onnx", onnx_scores(written(own), rows), expected)


def test_a_sigmoid_gives_every_class():
    own, rows, expected = exported(member(["standard"], classes=["background", "signal"]))
    found = onnx_scores(written(own), rows)
    check_equal("model.onnx", found, expected)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_replicas_share_a_preparation_and_folds_have_their_own():
    network, passport = member(["quantile"])
    other, _ = member(["quantile"], seed=2)
    replicas, rows, expected = exported((network, passport), (other, passport))
    check_equal("model.onnx", onnx_scores(written(replicas), rows), expected)
    folds, rows, expected = exported((network, passport), member(["quantile"], seed=2))
    check_equal("model.onnx", onnx_scores(written(folds), rows), expected)
    searches = [
        sum(node.op_type == "IsNaN" for node in onnx_model(own).graph.node)
        for own in (replicas, folds)
    ]
    assert searches == [1, 2]


def test_one_row_gives_what_it_gives_among_others():
    own, rows, expected = exported(member(["standard"]))
    model = written(own)
    for row in range(3):
        check_equal("model.onnx", onnx_scores(model, rows[[row]]), expected[[row]])


def test_a_wrong_or_a_missing_name_is_refused():
    own, rows, _ = exported(member(["standard"]))
    runtime = session(written(own))
    given = {name: rows[:5, [place]] for place, name in enumerate(NAMES)}
    assert [item.name for item in runtime.get_inputs()] == NAMES
    shuffled = dict(reversed(given.items()))
    np.testing.assert_array_equal(
        runtime.run([PROBABILITIES], given)[0], runtime.run([PROBABILITIES], shuffled)[0]
    )
    with pytest.raises(ValueError, match=r"Required inputs \(\['pt'\]\) are missing"):
        runtime.run(None, {"PT" if name == "pt" else name: v for name, v in given.items()})
    with pytest.raises(Exception, match="Invalid input name: more"):
        runtime.run(None, given | {"more": rows[:5, [0]]})


def test_the_file_says_what_it_takes_and_where_it_comes_from():
    own, _, _ = exported(member(["standard"]), member(["standard"], seed=2))
    model = onnx.load_from_string(written(own))
    facts = {item.key: json.loads(item.value) for item in model.metadata_props}
    assert facts["features"] == NAMES
    assert facts["units"] == [feature["unit"] for feature in FEATURES]
    assert facts["classes"] == ["wjets", "ttbar", "signal"]
    assert facts["passports"] == list(own.passports)


def test_the_rows_of_the_proof_lie_where_training_s_lay():
    _, passport = member(["standard"])
    rows = proof_rows([passport])
    golden, drawn = rows[:32], rows[32:]
    np.testing.assert_array_equal(golden, golden_features(passport))
    assert len(drawn) == RANDOM_ROWS
    assert np.isnan(drawn).mean() == pytest.approx(MISSING_SHARE, abs=0.01)
    for column, levels in zip(drawn.T, passport["levels"], strict=True):
        kept = column[~np.isnan(column)]
        assert kept.min() >= np.float32(levels[0])
        assert kept.max() <= np.float32(levels[-1])
        assert np.median(kept) == pytest.approx(levels[10], abs=0.05 * (levels[-1] - levels[0]))
    np.testing.assert_array_equal(proof_rows([passport]), rows)


@pytest.mark.parametrize("value", [2 * TOLERANCE, np.nan])
def test_a_difference_is_told_with_its_row(value):
    expected = np.full((5, 2), 0.5, np.float32)
    found = expected.copy()
    found[3, 1] += value
    with pytest.raises(ModelError, match=r"model\.c: its probabilities are not Keras': .* \(row 3"):
        check_equal("model.c", found, expected)


def test_networks_of_different_studies_are_not_mixed():
    one, (network, passport) = member(["standard"]), member(["standard"], seed=2)
    other = passport | {"features": [*FEATURES[:3], {"name": "Jet_pt[0]", "unit": "MeV"}]}
    with pytest.raises(ModelError, match="the networks differ in features"):
        exported(one, (network, other))
