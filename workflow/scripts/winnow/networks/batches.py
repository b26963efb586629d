"""How many events go through a network at once where nothing is learnt."""

import math
from collections.abc import Sequence

# fewer where an event is large
BATCH = 8192
BATCH_BYTES = 2**26


def batch_events(shape: Sequence[int]) -> int:
    """Return how many events of float32 features of a shape go through a network at once."""
    return min(BATCH, max(1, BATCH_BYTES // (4 * math.prod(shape))))
