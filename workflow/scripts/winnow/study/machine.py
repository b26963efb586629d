"""What the machine that Snakemake runs on has, told without TensorFlow."""

import os
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus() -> list[str] | None:
    """Return the GPUs that `CUDA_VISIBLE_DEVICES` names, None where it is not set.

    CUDA reads the list up to the first number below 0.
    """
    text = os.environ.get(VISIBLE)
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    ends = [n for n, name in enumerate(names) if not name or name.startswith("-") or name == "none"]
    return names[: ends[0]] if ends else names


def local_gpus(devices: Path = Path("/dev")) -> int:
    """Return the number of NVIDIA GPUs: those named in the environment, else the device files."""
    named = visible_gpus()
    return len(list(devices.glob("nvidia[0-9]*"))) if named is None else len(named)
