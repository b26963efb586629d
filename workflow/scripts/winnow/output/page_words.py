"""What the page calls the columns of tables, and which of them matter first."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pylatexenc.latex2text import LatexNodes2Text

from winnow.columns import SAMPLES

# a column's name without its sample → what it is, with its unit
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "accuracy",
        "auc": "area under ROC curve",
        "auc_gap": "area, training − validation",
        "auc_uncertainty_holds": "area's uncertainty covers 68 %",
        "auc_unweighted": "area, unweighted",
        "b": "background (events)",
        "b_entries": "background (raw events)",
        "best_epoch": "best epoch",
        "best_is": "the best one is",
        "best_minus_this": "best − this",
        "counts_as": "counted as",
        "cpu_seconds": "CPU time (s)",
        "definition": "figure of merit",
        "effective_entries": "effective events",
        "entries": "raw events",
        "fom": "figure of merit",
        "in_two": "in two samples",
        "mean_after": "mean weight after",
        "member": "replica",
        "name": "scan point",
        "p_value": "p-value",
        "p_value_corrected": "p-value, corrected",
        "peak_megabytes": "peak memory (MB)",
        "point": "scan point",
        "real_seconds": "real time (s)",
        "relative_efficiency": "efficiency of this cut",
        "s": "signal (events)",
        "s_entries": "signal (raw events)",
        "sigma": "systematic of background (events)",
        "sum_after": "Σ weights after",
        "sum_before": "Σ weights before",
        "sum_of_weights": "Σ weights",
        "wall_seconds": "training time (s)",
        "yield": "yield (events)",
    }
)
_ENDINGS = ("uncertainty", "fold_spread", "spread", "error")
DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "asimov": "Asimov Z with systematic",
        "asimov_no_systematic": "Asimov Z without systematic",
        "ams": "AMS",
        "s_over_sqrt_b": "s/√b",
        "s_over_sqrt_s_plus_b": "s/√(s+b)",
        "s_over_sqrt_s_plus_b_sigma2": "s/√(s+b+σ²)",
    }
)
"""Figures of merit as text says them."""

CUTFLOW = "Cutflow (yields before `total_yield` and the scales of samples; intervals of 68.3 %)"
"""The title of that table."""

_FOM = ("definition", "cut", "fom_test", "fom_validation", "s_test", "b_test")
_YIELDS = ("sample", "class", "process", "counts_as", "entries", "yield", "efficiency")
# title of a table → its first columns; the others are folded away, none where nothing is said
_FIRST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Runs": (
            *("rank", "chosen", "point", "member", "fold", "test_fom", "validation_fom"),
            *("test_auc", "s_test", "b_test", "cut"),
        ),
        CUTFLOW: (
            *("source", "process", "cut", "entries", "yield"),
            *("efficiency", "relative_efficiency"),
        ),
        "ROC": ("sample", "signal", "against", "auc", "rejection_at_0.5", "accuracy"),
        "Figure of merit at the cut chosen on validation": _FOM,
        "Figure of merit at one cut for all folds": _FOM,
        "Yields at the cut": _YIELDS,
        "Test yields at each fold's own cut, summed": _YIELDS,
        "Systematic variations: yields at the cut": (
            *("variation", "direction", "process", "counts_as", "yield_nominal", "yield_shifted"),
            *("relative_shift", "relative_shift_uncertainty"),
        ),
        "Over-training": ("node", "class", "verdict", "p_value", "auc_gap"),
        "Means over repeats": (
            *("contestant", "setting", "repeats", "test_auc", "real_seconds", "cpu_seconds"),
            *("epochs", "peak_megabytes"),
        ),
    }
)
_FIRST_OF_POINTS = ("rank", "name", "replicas", "best_is", "test_fom", "validation_fom", "test_auc")
# what a table is filtered by, where there are several
FILTERS: Mapping[str, tuple[str, ...]] = MappingProxyType({"Runs": ("point", "member", "fold")})


def without_mathematics(label: str) -> str:
    r"""Return a label of figures as plain text, its mathematics in letters of their own.

    >>> without_mathematics(r"$t\bar{t}$ + jets (50 %)"), without_mathematics(r"5 \$")
    ('tt̅ + jets (50 %)', '5 $')
    """
    parser = LatexNodes2Text(math_mode="text")
    told = re.sub(r"(?<!\\)\$(.+?)(?<!\\)\$", lambda m: parser.latex_to_text(m[0]), label)
    return told.replace(r"\$", "$")


def heading(name: str) -> str:
    """Return a column's name in words, with its unit; names of config keys stay.

    >>> heading("fom_uncertainty_test"), heading("validation_auc")
    ('figure of merit, uncertainty, test', 'area under ROC curve, validation')
    >>> heading("rejection_at_0.5"), heading("training.decay"), heading("negative_entries")
    ('background rejection at signal efficiency 0.5', 'training.decay', 'negative entries')
    """
    if name in _WORDS:
        return _WORDS[name]
    for sample in SAMPLES:
        if name.startswith(f"{sample}_"):
            return f"{heading(name.removeprefix(f'{sample}_'))}, {sample}"
        if name.endswith(f"_{sample}"):
            return f"{heading(name.removesuffix(f'_{sample}'))}, {sample}"
    for ending in _ENDINGS:
        if name.endswith(f"_{ending}"):
            return f"{heading(name.removesuffix(f'_{ending}'))}, {ending.replace('_', ' ')}"
    at = re.fullmatch(r"(\w+)_at_([\d.]+)", name)
    if at:
        kind = at[1].replace("rejection", "background rejection").replace("_", " ")
        return f"{kind} at signal efficiency {at[2]}"
    return name if "." in name else name.replace("_", " ")


def first_columns(title: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a table's columns that matter first, in their order.

    Args:
        title: of the table.
        names: its columns.
    """
    if title == "Scan points":
        # the scanned keys stand between a point's name and its replicas
        scanned = names[names.index("name") + 1 : names.index("replicas")]
        rank, name, *rest = _FIRST_OF_POINTS
        return tuple(own for own in (rank, name, *scanned, *rest) if own in names)
    return tuple(name for name in _FIRST.get(title, names) if name in names)
