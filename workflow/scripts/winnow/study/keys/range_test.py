"""The section `range_test`: the learning-rate range test."""

from dataclasses import dataclass
from typing import Annotated

from winnow.study.keys.bounds import NotNegative, Positive
from winnow.study.typed import says


@dataclass(frozen=True)
class RangeTest:
    """The learning-rate range test (`snakemake range_test`): the first run's network, trained while
    the rate grows exponentially, at several weight decays.
    """

    start: Positive = 0.000001
    """Learning rate at the first step."""
    stop: Positive = 1.0
    """Learning rate at the last step, above `start`."""
    steps: Annotated[int, says(minimum=10)] = 300
    """Steps from `start` to `stop`, a step a batch of `training.batch_size`."""
    weight_decays: Annotated[tuple[NotNegative, ...], says(minItems=1, uniqueItems=True)] = (
        0.0,
        0.0001,
        0.01,
    )
    """Weight decays that are tried, each in place of `training.weight_decay` for `adamw` and of
    `model.l2` for the other optimisers."""
