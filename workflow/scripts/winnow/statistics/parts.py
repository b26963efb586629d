"""A table of events in parts: its samples, its classes."""

from collections.abc import Iterator

import pandas as pd

from winnow.columns import CLASS, SAMPLE, SAMPLES


def by_sample(events: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every sample that has events, with them, in the order of SAMPLES."""
    for sample in SAMPLES:
        part = events[events[SAMPLE] == sample]
        if not part.empty:
            yield sample, part


def by_class(
    events: pd.DataFrame, class_names: tuple[str, ...]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every class that has events, with them, in the order of the classes."""
    label = events[CLASS].to_numpy()
    for index, name in enumerate(class_names):
        inside = label == index
        if inside.any():
            yield name, events[inside]
