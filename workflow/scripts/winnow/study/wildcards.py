"""What Snakemake takes for a fault in the value of a wildcard."""

import re

_REPEATS = 20
_SUFFIX = re.compile(rf"(.{{1,12}}?)\1{{{_REPEATS - 1}}}\Z", re.DOTALL)
"""A file name of 255 letters holds so many repeats of 12 at most."""


def is_periodic(name: str) -> bool:
    """Return whether a name ends in twenty repeats, which Snakemake takes for endless recursion.

    >>> is_periodic("a" * 20), is_periodic("a" * 19), is_periodic("a" * 20 + "-20")
    (True, False, False)
    """
    return name.count(name[-1:]) >= _REPEATS and _SUFFIX.search(name) is not None
