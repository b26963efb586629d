"""Networks in ONNX: what ONNX Runtime makes of them, and what it needs for it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sections
from classifiers import shaken
from winnow.networks.onnx_network import network_model
from winnow.networks.onnx_scorer import make_onnx_scorer, session
from winnow.networks.operations import operations
from winnow.training import scoring


def written(network, width):
    return network_model(operations(network), width).SerializeToString()


@pytest.fixture(scope="module")
def residual():
    """The network of the LHCb's efficiencies: 84,740 parameters."""
    own = {"family": "residual", "layers": [128] * 6, "activation": "tanh", "dropout": 0}
    network = shaken(sections.built(own, 12, 4, 1), 0.1)
    assert network.count_params() == 84_740
    return written(network, 12)


def test_scores_do_not_depend_on_threads_or_company(residual):
    """An event's score is the same to the last bits alone, and in batches of several."""
    features = np.random.default_rng(0).normal(size=(20_000, 12)).astype(np.float32)
    one, two = (make_onnx_scorer(residual, 4, 0, threads)(features) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    alone = make_onnx_scorer(residual, 4, 0)(features[:1])
    np.testing.assert_allclose(alone, one[:1], atol=1e-6)
    assert make_onnx_scorer(residual, 4, 0)(features[:0]).shape == (0, 4)


def test_a_session_has_the_threads_that_it_is_asked_for(residual):
    assert session(residual, 3).get_session_options().intra_op_num_threads == 3


def test_the_same_network_gives_the_same_bytes():
    own = {"layers": [4], "activation": "swish"}
    one, two = (written(sections.built(own, 2, 2, 1), 2) for _ in range(2))
    assert one == two


def test_what_onnx_serves_imports_no_tensorflow():
    code = (
        "import sys, winnow.training.scoring, winnow.training.committee, "
        "winnow.networks.onnx_scorer; "
        "assert not {'tensorflow', 'keras', 'torch'} & set(sys.modules)"
    )
    folder = Path(scoring.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
