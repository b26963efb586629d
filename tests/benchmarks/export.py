"""Time of one event in C and in ONNX Runtime, with raw features in and of the network alone.

    python tests/benchmarks/export.py [calls]

The network is residual, six layers of 128 tanh, 84,740 parameters, from 12 features through
quantiles to four classes; ns a call, the least of five rounds, one thread, both in this run.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]

import sections  # noqa: E402
from winnow.networks.members import Classifier, Member  # noqa: E402
from winnow.networks.onnx_network import network_model  # noqa: E402
from winnow.networks.onnx_scorer import session  # noqa: E402
from winnow.networks.operations import operations  # noqa: E402
from winnow.output.c_code import header, source  # noqa: E402
from winnow.output.c_compiled import FLAGS, compiler  # noqa: E402
from winnow.output.onnx_model import onnx_model  # noqa: E402

INPUTS, CLASSES, ROUNDS = 12, 4, 5
MAIN = """
#define _POSIX_C_SOURCE 199309L
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int count, char **given)
{
    float x[WINNOW_FEATURES] = {0};
    float p[WINNOW_CLASSES];
    float total = 0.0f;
    struct timespec begin, end;
    long calls = count > 1 ? atol(given[1]) : 1;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long i = 0; i < calls; i++) {
        x[0] = (float)(i % 7);
        winnow_predict(x, p);
        total += p[0];
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f %g\\n", ((double)(end.tv_sec - begin.tv_sec) * 1e9
                          + (double)(end.tv_nsec - begin.tv_nsec)) / (double)calls, (double)total);
    return 0;
}
"""


def classifier(steps):
    """Return the network behind a normalisation."""
    features = np.random.default_rng(1).normal(0, 1, (5000, INPUTS)).astype(np.float32)
    names = [f"x{number}" for number in range(INPUTS)]
    keys = {"family": "residual", "layers": [128] * 6, "activation": "tanh", "output": "softmax"}
    network = sections.built({**sections.MODEL, **keys}, INPUTS, CLASSES, 1)
    member = Member(sections.fitted(features, names, steps), operations(network))
    units = [{"name": name, "unit": ""} for name in names]
    passport = {"config_sha256": "none"}
    classes = [f"class {n}" for n in range(CLASSES)]
    return Classifier([member], units, classes, CLASSES - 1, [passport]), network.count_params()


def c_time(own, calls, *flags):
    """Return ns a call of the C code."""
    with TemporaryDirectory() as folder:
        for name, told in (("model.h", header(own)), ("model.c", source(own)), ("main.c", MAIN)):
            (Path(folder) / name).write_text(told)
        command = [compiler(), *FLAGS, *flags, "-o", "model", "main.c", "model.c", "-lm"]
        subprocess.run(command, cwd=folder, check=True)
        run = [str(Path(folder) / "model"), str(calls)]
        told = [
            subprocess.run(run, capture_output=True, text=True, check=True) for _ in range(ROUNDS)
        ]
        return min(float(one.stdout.split()[0]) for one in told)


def onnx_time(model, calls):
    """Return ns a call of ONNX Runtime on one event, its inputs and outputs bound beforehand."""
    own = session(model.SerializeToString())
    binding = own.io_binding()
    for item in own.get_inputs():
        width = item.shape[1]
        binding.bind_cpu_input(item.name, np.zeros((1, width), np.float32))
    binding.bind_output(own.get_outputs()[0].name)
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter_ns()
        for _ in range(calls):
            own.run_with_iobinding(binding)
        best = min(best, (time.perf_counter_ns() - begin) / calls)
    return best


def main():
    """Print a line for each."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    raw, parameters = classifier(["quantile"])
    alone, _ = classifier([])
    print(f"{parameters} parameters; ns an event, one thread")
    network = network_model(alone.members[0].operations, INPUTS)
    for what, own, model in (
        ("network alone", alone, network),
        ("raw features in", raw, onnx_model(raw)),
    ):
        by_onnx = onnx_time(model, calls)
        for flags in ((), ("-O3",), ("-O3", "-march=native")):
            by_c = c_time(own, calls, *flags)
            told = " ".join(flags or ["-O2"])
            print(f"{what}: C {told} {by_c:.0f}, ONNX Runtime {by_onnx:.0f}, {by_onnx / by_c:.1f}x")


if __name__ == "__main__":
    main()
