"""What surrounds a job changes no result of it."""

import json
import os
import subprocess
import sys

from toy import ROOT

TRAIN = """
from types import SimpleNamespace
from winnow.job import job
with job(SimpleNamespace(log=["job.log"], input=[], output=[])) as log:
    import hashlib
    import numpy as np
    import sections
    from winnow.training.evaluation import TrainingData
    from winnow.training.progress import Watch
    random = np.random.default_rng(1)
    made = lambda n: TrainingData(
        random.normal(size=(n, 8)).astype("float32"), np.arange(n) % 2, np.ones(n)
    )
    model = {**sections.MODEL, "layers": [64, 64]}
    network = sections.built(model, 8, 2, 1)
    training = {**sections.TRAINING, "epochs": 2, "batch_size": 256}
    data = made(2000), made(500)
    sections.trained(network, *data, training, 1, "b.weights.h5", "l.weights.h5", Watch())
    content = b"".join(w.tobytes() for w in network.get_weights())
    log.terminal.write(hashlib.sha256(content).hexdigest())
"""


def test_a_users_shell_and_keras_json_change_no_weight(tmp_path):
    """A training in a process of its own, bare and where all is set that could change it."""
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    odd = {
        "backend": "jax",
        "floatx": "float16",
        "epsilon": 1e-2,
        "image_data_format": "channels_first",
    }
    (home / ".keras/keras.json").write_text(json.dumps(odd))
    paths = [ROOT / "workflow/scripts", ROOT / "tests"]
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, paths))}
    own = {
        "HOME": str(home),
        "KERAS_BACKEND": "torch",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    }
    found = []
    for name, more in (("bare", {"HOME": str(tmp_path)}), ("own", own)):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-c", TRAIN]
        done = subprocess.run(
            command,
            cwd=tmp_path / name,
            env=bare | more,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(done.stderr)
    assert len(found[0]) == 64
    assert found[0] == found[1]
