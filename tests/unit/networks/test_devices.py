"""Where a training computes: several devices, mixed precision, a GPU that must be there."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import sections
from winnow.networks.devices import FLOAT32, MIXED, policy
from winnow.training.evaluation import Layout
from winnow.training.optimizers import make_optimizer
from winnow.training.steps import Computing, compile_steps, computing, parts_of

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def test_two_devices_give_one_devices_result(tmp_path):
    """Mirrored on two virtual CPUs; sums of float32 terms come in another order."""
    script = Path(__file__).with_name("two_devices.py")
    histories, weights = [], []
    for devices in (1, 2):
        folder = tmp_path / str(devices)
        folder.mkdir()
        command = [sys.executable, str(script), str(devices), str(folder)]
        subprocess.run(command, env=ENVIRONMENT, check=True)
        histories.append(pd.read_csv(folder / "history.csv"))
        with np.load(folder / "weights.npz") as arrays:
            weights.append([arrays[name] for name in arrays.files])
    pd.testing.assert_frame_equal(*histories, rtol=1e-6)
    for one, two in zip(*weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


def test_a_gpu_that_must_be_there_is_missed_with_what_was_seen():
    code = "from winnow.networks.devices import set_up; set_up(1, 1, 'float32', True)"
    failed = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert failed.returncode != 0
    message = failed.stderr.splitlines()[-1]
    for told in ("DeviceError", "require_gpu=1", "CPU:0", "CUDA_VISIBLE_DEVICES=-1", "built with"):
        assert told in message, message


def test_without_a_gpu_the_cpu_is_used_and_named():
    code = "from winnow.networks.devices import set_up; d = set_up(2, 1, 'mixed', False); print(d)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert "training on the CPU, 2 thread(s), no GPU, precision mixed (float32)" in done.stdout


@pytest.mark.parametrize(
    ("precision", "capabilities", "expected"),
    [
        ("mixed", [(8, 0)], MIXED),
        ("mixed", [(9, 0), (8, 6)], MIXED),
        ("mixed", [(9, 0), (7, 5)], FLOAT32),
        ("mixed", [], FLOAT32),
        ("tf32", [(9, 0)], FLOAT32),
        ("float32", [(9, 0)], FLOAT32),
    ],
)
def test_bfloat16_is_for_gpus_that_have_it(precision, capabilities, expected):
    assert policy(precision, capabilities) == expected


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32_variables():
    generator = np.random.default_rng(3)
    data = (
        generator.normal(size=(512, 4)).astype(np.float32),
        generator.integers(0, 3, 512).astype(np.int32),
        generator.uniform(0.5, 1.5, 512).astype(np.float32),
    )
    sums, weights = [], []
    for compute in (FLOAT32, MIXED):
        model = sections.built({**sections.MODEL, "layers": [32, 32]}, 4, 3, 7)
        optimizer = make_optimizer(
            sections.first_phase({**sections.TRAINING, "learning_rate": 0.01})
        )
        steps = compile_steps(model, optimizer, Layout((4,)), 64, how=Computing(policy=compute))
        order, rates = np.arange(512, dtype=np.int32), np.full(8, 0.01, np.float32)
        found, diverged = steps(data, order, 0, 8, rates, np.zeros(0, np.float32), np.zeros(5))
        assert diverged.numpy() == -1
        sums.append(found.numpy()[0])
        weights.append(model.get_weights())
        assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {w.dtype for w in weights[1]} == {np.dtype(np.float32)}
    # bfloat16 has 8 bits of mantissa: a rounding of 2⁻⁹, relatively
    assert 1e-7 < abs(sums[1] / sums[0] - 1) < 2**-8


def test_all_layers_but_the_output_compute_under_the_policy():
    model = sections.built({**sections.MODEL, "layers": [8]}, 4, 3, 7)
    with computing(model, MIXED):
        kinds = {layer.name: layer.compute_dtype for layer in model.layers}
    assert kinds.pop("softmax") == "float32"
    assert set(kinds.values()) == {"bfloat16"}


def test_large_batches_are_cut_into_a_part_a_thread():
    plain = sections.built({**sections.MODEL, "layers": [8]}, 4, 3, 7)
    normalised = sections.built(
        {**sections.MODEL, "layers": [8], "batch_normalisation": True}, 4, 3, 7
    )
    assert isinstance(normalised.layers[2], keras.layers.BatchNormalization)
    assert [parts_of(plain, size, 2) for size in (1023, 1024)] == [1, 2]
    assert parts_of(normalised, 5000, 2) == 1
