"""The section `importance`: permutation importance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from winnow.study.keys.bounds import Columns, Count


@dataclass(frozen=True)
class Importance:
    """Permutation importance of the features, on validation (`snakemake importance_summary`)."""

    repeats: Count = 5
    """Permutations of each feature or group."""
    groups: Mapping[str, Columns] = field(default_factory=dict)
    """Name of a group → features that are permuted together, beside each alone."""
