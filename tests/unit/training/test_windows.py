"""Streaming: every event once an epoch, well mixed, one window ahead."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from winnow.training.windows import BLOCK, permutation, prefetched, window_events, window_rows


@settings(deadline=None)
@given(st.integers(1, 20 * BLOCK), st.integers(50, 2000), st.integers(1, 10**6), st.integers(0, 5))
def test_an_epochs_windows_hold_every_row_once(count, batch_size, budget, epoch):
    size = window_events(count, 20, budget, batch_size)
    assert size == count or size % batch_size == 0
    blocks = permutation(-(-count // BLOCK), 1, epoch, "blocks")
    windows = [window_rows(count, size, n, blocks) for n in range(-(-count // size))]
    assert {len(rows) for rows in windows[:-1]} <= {size}
    np.testing.assert_array_equal(np.sort(np.concatenate(windows)), np.arange(count))


def test_a_window_is_a_quarter_of_the_budget():
    assert window_events(10**9, 76, 4_000_000_000, 1000) == 4_000_000_000 // 4 // 76 // 1000 * 1000


def test_windows_of_sorted_files_are_mixtures():
    """A window of m of M blocks, drawn without replacement, holds a share m/M of each half."""
    count, size = 4000 * BLOCK, 400 * BLOCK
    blocks = permutation(4000, 1, 0, "blocks")
    halves = [np.sum(window_rows(count, size, n, blocks) < count // 2) / BLOCK for n in range(10)]
    # hypergeometric variance of the blocks of the first half in a window
    variance = 400 * 0.25 * (4000 - 400) / (4000 - 1)
    deviation = sum((found - 200) ** 2 for found in halves) / variance
    assert chi2.ppf(0.001, 9) < deviation < chi2.ppf(0.999, 9)


def test_epochs_and_seeds_have_orders_of_their_own():
    assert len({permutation(100, *words).tobytes() for words in ((1, 0), (1, 1), (2, 0))}) == 3
    assert permutation(100, 1, 0).tobytes() == permutation(100, 1, 0).tobytes()


def test_the_next_window_is_read_while_one_is_used():
    begun = [threading.Event() for _ in range(4)]
    loads = [lambda n=n: (begun[n].set(), n)[1] for n in range(4)]
    found = []
    for item in prefetched(loads):
        found.append(item)
        if item < 3:
            assert begun[item + 1].wait(10)
        assert not any(event.is_set() for event in begun[item + 2 :])
    assert found == [0, 1, 2, 3]
    assert list(prefetched([])) == []


def test_an_error_of_a_read_arrives():
    def fail():
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(prefetched([lambda: 1, fail]))
