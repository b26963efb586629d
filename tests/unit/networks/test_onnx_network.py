"""Networks in ONNX: ONNX Runtime gives what Keras does."""

import subprocess
import sys

import numpy as np
import pytest
from test_graph import HIDDEN, disturbed

import sections
from winnow.networks.graph import graph_of
from winnow.networks.onnx_network import network_model, onnx_scorer, session
from winnow.networks.scorer import score
from winnow.training import scoring


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize(
    "changes",
    [{"family": "residual"}, {"batch_normalisation": True}, {"output": "sigmoid"}],
    ids=lambda own: next(iter(own)),
)
def test_scores_are_those_of_keras(activation, changes):
    classes = 2 if "output" in changes else 3
    own = {"layers": [12, 12], "activation": activation, **changes}
    network = disturbed(sections.built(own, 5, classes, 1), np.random.default_rng(1))
    features = np.random.default_rng(0).normal(size=(1000, 5)).astype(np.float32)
    found = onnx_scorer(network_model(graph_of(network)), classes, 0)(features)
    np.testing.assert_allclose(found, score(network, features, classes, 0), atol=2e-6)
    assert found.dtype == np.float32


@pytest.fixture(scope="module")
def residual():
    """The network of the LHCb's efficiencies: 84,740 parameters."""
    own = {"family": "residual", "layers": [128] * 6, "activation": "tanh", "dropout": 0}
    network = disturbed(sections.built(own, 12, 4, 1), np.random.default_rng(1))
    assert network.count_params() == 84_740
    return network_model(graph_of(network))


def test_scores_do_not_depend_on_threads_or_company(residual):
    """An event's score is the same to the last bits alone, and in batches of several."""
    features = np.random.default_rng(0).normal(size=(20_000, 12)).astype(np.float32)
    one, two = (onnx_scorer(residual, 4, 0, threads)(features) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    alone = onnx_scorer(residual, 4, 0)(features[:1])
    np.testing.assert_allclose(alone, one[:1], atol=1e-6)
    assert onnx_scorer(residual, 4, 0)(features[:0]).shape == (0, 4)


def test_a_session_has_the_threads_that_it_is_asked_for(residual):
    assert session(residual, 3).get_session_options().intra_op_num_threads == 3


def test_the_same_network_gives_the_same_bytes(residual):
    own = {"layers": [4], "activation": "swish"}
    one, two = (network_model(graph_of(sections.built(own, 2, 2, 1))) for _ in range(2))
    assert one == two


def test_what_onnx_serves_imports_no_tensorflow():
    code = (
        "import sys, winnow.training.scoring, winnow.training.committee, "
        "winnow.networks.onnx_network; "
        "assert not {'tensorflow', 'keras', 'torch'} & set(sys.modules)"
    )
    folder = str(scoring.__file__).split("/winnow/")[0]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
