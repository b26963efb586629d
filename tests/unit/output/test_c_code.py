"""A classifier in C compiles without a warning, runs under sanitizers, and gives Keras' scores."""

import shutil
import subprocess

import numpy as np
import pytest

from classifiers import CLASSES, FEATURES, NAMES, STEPS, exported, member
from winnow.errors import ModelError
from winnow.networks.hidden import Hidden
from winnow.networks.proof import check_equal
from winnow.output.c_code import header, source
from winnow.output.c_compiled import FLAGS, c_scores

ACTIVATIONS = Hidden.__annotations__["activation"].__args__
COMPILERS = ("gcc", "clang")
MAIN = """
#include "model.h"
#include <stdio.h>

int main(void)
{
    float x[WINNOW_FEATURES];
    float p[WINNOW_CLASSES];
    for (int i = 0; i < WINNOW_FEATURES; i++) {
        printf("%s|%s|%d\\n", winnow_feature_names[i], winnow_feature_units[i],
               winnow_feature_place(winnow_feature_names[i]));
    }
    printf("%d\\n", winnow_feature_place("none of them"));
    while (fread(x, sizeof x, 1, stdin) == 1) {
        winnow_predict(x, p);
        for (int i = 0; i < WINNOW_CLASSES; i++) {
            printf("%.9g ", (double)p[i]);
        }
        printf("\\n");
    }
    return 0;
}
"""


def scores_of(own, rows, count=3):
    return c_scores(header(own), source(own), rows, count)


@pytest.mark.parametrize("steps", STEPS)
def test_every_step_is_in_the_code(steps):
    own, rows, expected = exported(member(STEPS[steps]))
    check_equal("model.c", scores_of(own, rows), expected)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_keras(activation):
    keys = {"activation": activation, "family": "residual", "layers": [20, 20]}
    own, rows, expected = exported(member(["standard"], **keys))
    check_equal("model.c", scores_of(own, rows), expected)


def test_folds_sigmoid_and_batch_normalisation():
    keys = {"classes": ["background", "signal"], "batch_normalisation": True}
    own, rows, expected = exported(*(member(["quantile"], seed, **keys) for seed in (1, 2)))
    check_equal("model.c", scores_of(own, rows, 2), expected)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_it_runs_under_sanitizers(tmp_path, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    own, rows, expected = exported(member(STEPS["chain"]), member(STEPS["quantile"], 2))
    (tmp_path / "model.h").write_text(header(own))
    (tmp_path / "model.c").write_text(source(own))
    (tmp_path / "main.c").write_text(MAIN)
    sanitize = "-fsanitize=address,undefined", "-fno-sanitize-recover=all"
    command = [compiler, *FLAGS, *sanitize, "-o", "model", "main.c", "model.c", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    ended = subprocess.run(
        [tmp_path / "model"], input=rows.tobytes(), capture_output=True, check=True
    )
    lines = ended.stdout.decode().splitlines()
    told = [f"{f['name']}|{f['unit']}|{n}" for n, f in enumerate(FEATURES)]
    assert lines[: len(NAMES) + 1] == [*told, "-1"]
    found = np.array([line.split() for line in lines[len(NAMES) + 1 :]], np.float32)
    check_equal("model.c", found, expected)
    assert found.shape[1] == len(CLASSES)


@pytest.mark.parametrize("level", ["-O0", "-O3"])
def test_no_level_of_optimisation_warns(tmp_path, level):
    own, _, _ = exported(member(STEPS["chain"], layers=[17, 33]))
    (tmp_path / "model.h").write_text(header(own))
    (tmp_path / "model.c").write_text(source(own))
    command = ["gcc", *FLAGS, "-Wconversion", level, "-c", "model.c"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not ended.stderr


def test_a_changed_weight_is_seen():
    own, rows, expected = exported(member(["standard"]))
    kernel = own.members[0].operations[0].arrays[0]
    kernel[0, 0] += 0.1
    with pytest.raises(ModelError, match="probabilities are not Keras'"):
        check_equal("model.c", scores_of(own, rows), expected)


def test_code_that_does_not_compile_is_told():
    own, rows, _ = exported(member(["standard"]))
    with pytest.raises(ModelError, match="does not compile the model's C code"):
        c_scores(header(own), source(own) + "int", rows, 3)


def test_without_a_compiler_it_is_told(monkeypatch):
    own, rows, _ = exported(member(["standard"]))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(ModelError, match="needs a C compiler"):
        scores_of(own, rows)
