"""Yields of a study in which some files bring their sample and others are shared out.

Each sample stands for all events. An event that was shared out counts as 1 / its sample's fraction,
and one that its file brought as all that such files bring over those that they bring of its sample.
Where a process has events of one of the two kinds alone in a sample, that part stands for the other
one as well.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from winnow.columns import SAMPLES
from winnow.statistics.histograms import cell_axes, weighted_sums
from winnow.statistics.kinds import Kinds

Array = NDArray[np.float64]


def mixed_scales(
    kinds: Kinds,
    brought: NDArray[np.bool_],
    weight: Array,
    fractions: Mapping[str, float],
    split_factors: Mapping[str, float] | None,
) -> Array:
    """Return what weights are multiplied with so that each sample stands for all events.

    How much a process has of both kinds is told by its sums of weights, and by its entries where
    one of those is not above 0.

    Args:
        kinds: of n events.
        brought: shape (n,), whether an event's file brought its sample.
        weight: shape (n,), physical.
        fractions: sample → share of the events that are shared out.
        split_factors: sample → all that the files which bring it stand for, over what they hold of
            it; None: what such files hold of a process in all samples is all.

    Returns:
        Shape (2, samples in the order of SAMPLES, classes, processes), of events that are shared
        out and of those that are brought.
    """
    cells = (2, *kinds.shape)
    size = int(np.prod(kinds.shape))
    of_kind = brought * size + kinds.of_process
    weights, _, events = weighted_sums(cell_axes(2 * size), [of_kind], weight)
    sums, entries = weights.reshape(cells), events.reshape(cells).astype(np.float64)
    shares = _by_sample(fractions)
    given = None if split_factors is None else _by_sample(split_factors)
    by_sums, by_entries = (_scales(held, entries, shares, given) for held in (sums, entries))
    usable = ((sums > 0) | (entries == 0)).all(axis=(0, 1))
    return np.where(usable, by_sums, by_entries)


def _by_sample(values: Mapping[str, float]) -> Array:
    return np.array([values.get(name, 0.0) for name in SAMPLES])[:, np.newaxis, np.newaxis]


def _scales(held: Array, entries: Array, fractions: Array, given: Array | None) -> Array:
    """Return the scales where `held` tells how much there is of each kind in each sample."""
    shared, brought = held
    there = entries[1] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        if given is None:
            all_brought = brought.sum(axis=0)
            of_brought = np.where(there, all_brought / brought, 0.0)
        else:
            # each sample that is brought tells how much they all are
            all_brought = (given * brought).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
            of_brought = np.where(there, given, 0.0)
        of_shared = np.where(fractions > 0, 1 / fractions, 0.0)
        all_shared = shared.sum(axis=0)
        whole = all_brought + all_shared
        has_brought, has_shared = entries[1].any(axis=0), entries[0].any(axis=0)
        alone = has_shared & has_brought & ~there
        of_shared = np.where(alone, of_shared * whole / all_shared, of_shared)
        alone = has_shared & has_brought & (fractions == 0)
        of_brought = np.where(alone, of_brought * whole / all_brought, of_brought)
    return np.stack(np.broadcast_arrays(of_shared, of_brought))
