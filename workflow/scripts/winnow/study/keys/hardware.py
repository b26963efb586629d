"""The section `hardware`: what jobs ask for."""

from dataclasses import dataclass
from typing import Annotated

from winnow.study.typed import says


@dataclass(frozen=True)
class Hardware:
    """What jobs ask for, and how they are watched; never changes a result and never causes a
    rerun.
    """

    gpu: Annotated[int, says(minimum=0)] = 1
    """GPUs that `train` asks for where there are any; without one it runs on the CPU."""
    runtime: Annotated[int, says(minimum=1, unit="minutes")] = 60
    """Time that `train` asks for."""
    save_every: Annotated[int, says(minimum=1, unit="seconds")] = 30
    """Time between two states of a training; at most so much is lost when a job is killed."""
    tensorboard: bool = False
    """Write each training's scalars for TensorBoard, to `tensorboard/` beside its history."""
