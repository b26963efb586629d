"""Which events a training meets when: all of them in memory, or window by window from disk.

In memory, an epoch is one permutation of all events. From disk, it is a permutation of blocks of
neighbouring events; windows of many blocks are read one after the other, the next while one is
trained on, and each is permuted in itself. Both follow from seed and epoch alone.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from winnow.identity import key

# small against a window, so that windows of files sorted by class are mixtures too
BLOCK = 512

Item = TypeVar("Item")


def window_events(count: int, event_bytes: int, budget: int, batch_size: int) -> int:
    """Return how many events a window holds when data is streamed.

    Two windows are held at once, each as read and as a tensor: a window is a quarter of the budget.

    Args:
        count: number of events.
        event_bytes: bytes of one event.
        budget: bytes of memory that the data may take.
        batch_size: events a step; a window holds whole batches.
    """
    return min(count, max(1, budget // (4 * event_bytes) // batch_size) * batch_size)


def permutation(count: int, *words: int | str) -> NDArray[np.int32]:
    """Return the permutation of 0 … count - 1 that belongs to some words: (count,) int32."""
    generator = np.random.Generator(np.random.Philox(key("permutation", *words)))
    return generator.permutation(count).astype(np.int32)


def window_rows(count: int, size: int, number: int, blocks: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows of one window.

    Args:
        count: number of events.
        size: events a window.
        number: the window, counted from 0.
        blocks: (ceil(count / BLOCK),) the epoch's order of blocks.

    Returns:
        (events of the window,) int64; over all windows of an epoch every row once.
    """
    starts = blocks.astype(np.int64) * BLOCK
    ends = np.cumsum(np.minimum(BLOCK, count - starts))
    positions = np.arange(number * size, min((number + 1) * size, count))
    block = np.searchsorted(ends, positions, side="right")
    before = np.append(0, ends[:-1])
    rows: NDArray[np.int64] = starts[block] + positions - before[block]
    return rows


def prefetched(loads: Sequence[Callable[[], Item]]) -> Iterator[Item]:
    """Call each function in turn in a thread, one ahead of what is used."""
    if not loads:
        return
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(loads[0])
        for load in loads[1:]:
            item, coming = coming.result(), pool.submit(load)
            yield item
        yield coming.result()
