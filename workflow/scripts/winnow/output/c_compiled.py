"""Compiling an exported C model and scoring with it, for its proof."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2")
HEADER, SOURCE = "model.h", "model.c"


def compiler() -> str:
    """Return the C compiler: that of the variable CC, else the first of cc, gcc and clang.

    Raises:
        ModelError: there is none.
    """
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    raise ModelError(
        "export: the format c needs a C compiler to prove its file, and none of $CC, cc, gcc and "
        "clang is there. Install one, or leave c out of `export.formats`."
    )


def c_scores(
    header: str, source: str, rows: NDArray[np.float32], classes: int
) -> NDArray[np.float32]:
    """Compile a model, warnings being errors, and score raw features (n, inputs) with it.

    Returns:
        (n, classes) float32.

    Raises:
        ModelError: there is no compiler, or it refuses the file.
    """
    with TemporaryDirectory() as folder:
        (Path(folder) / HEADER).write_text(header)
        (Path(folder) / SOURCE).write_text(source)
        command = [compiler(), *FLAGS, "-shared", "-fPIC", "-o", "model.so", SOURCE, "-lm"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise ModelError(
                f"export: {command[0]} does not compile the model's C code: "
                f"{' '.join(ended.stderr.split())[:300]}. Give another compiler by CC, or leave c "
                "out of `export.formats`."
            )
        function = ctypes.CDLL(str(Path(folder) / "model.so")).winnow_predict_many
        given, scores = np.ascontiguousarray(rows), np.empty((len(rows), classes), np.float32)
        kind = ctypes.POINTER(ctypes.c_float)
        function.argtypes, function.restype = [kind, kind, ctypes.c_size_t], None
        function(given.ctypes.data_as(kind), scores.ctypes.data_as(kind), len(rows))
    return scores
