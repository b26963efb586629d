"""Files as the CMS neural-network tutorial writes them, for scripts that read its output."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from winnow.columns import CLASS, PROCESS, SAMPLE, WEIGHT, score_column
from winnow.errors import ConfigError
from winnow.networks.targets import output_kind
from winnow.study.keys.model import model
from winnow.study.keys.normalise import spelled_out

FOM_COLUMNS = (
    "Scaling Function",
    "NN Configuration",
    "Activation Function",
    "Loss Function",
    "Learning Rate",
    "Decay Rate",
    "Max Val FOM",
    "at x_cut",
    "Test FOM",
    "Max Test FOM",
)
"""The columns of the tutorial's table, beside the number of the run."""

_LOSSES = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
_FOM_DECIMALS, _CUT_DECIMALS = 8, 4


def score_columns(class_names: Sequence[str], signal_class: str | None) -> list[str]:
    """Return the columns of a table of scores that `sample_output` needs.

    Raises:
        ConfigError: the study has no signal class.
    """
    return [SAMPLE, CLASS, WEIGHT, PROCESS, score_column(_signal(signal_class, class_names))]


def sample_output(
    scores: pd.DataFrame, sample: str, class_names: Sequence[str], signal_class: str | None
) -> pd.DataFrame:
    """Return what the tutorial writes of a sample: its signal events, then its background.

    Args:
        scores: sample, class, weight, process and the signal's score; one row per event.
        sample: which events are taken.
        class_names: the classes in order.
        signal_class: the signal's class.

    Returns:
        The signal's score (float32), the physical weight (float64) and the process, one row per
        event, both groups in the order of `scores`.

    Raises:
        ConfigError: the study has no signal class.
    """
    signal = _signal(signal_class, class_names)
    inside = scores[scores[SAMPLE] == sample]
    is_signal = inside[CLASS] == class_names.index(signal)
    ordered = pd.concat([inside[is_signal], inside[~is_signal]], ignore_index=True)
    return ordered[[score_column(signal), WEIGHT, PROCESS]]


def fom_table(
    bests: Sequence[pd.DataFrame],
    settings: Sequence[Mapping[str, Any]],
    class_count: int,
) -> pd.DataFrame:
    """Return the tutorial's table of figures of merit.

    Args:
        bests: each run's best cuts, as of `winnow.statistics.fom.fom_tables`.
        settings: each run's config, of which `normalise`, `model` and `training` are read.
        class_count: number of classes.

    Returns:
        `FOM_COLUMNS`, one row per run, with the run's number, from 0, as index. The cut is chosen
        among the config's even cuts where there are such, else of the exact scan; figures of merit
        have 8 decimals, the cut 4, and all are NaN where no cut is eligible.
    """
    rows = [
        _described(own, class_count) | _quoted(best)
        for best, own in zip(bests, settings, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(FOM_COLUMNS))


def _signal(signal_class: str | None, class_names: Sequence[str]) -> str:
    if signal_class is None:
        raise ConfigError(
            "config key `export.scores`: needs a `signal_class`, whose score is written; name one "
            f"of the classes {', '.join(class_names)}, or set `export.scores: false`."
        )
    return signal_class


def _described(settings: Mapping[str, Any], class_count: int) -> dict[str, object]:
    keys, training = settings["model"], settings["training"]
    # a family need not have layers or an activation
    shown = {"layers": (), "activation": "", **keys}
    steps = [spelled_out(step)["step"] for step in settings["normalise"]["steps"]]
    values = (
        "-".join(steps) or "none",
        "-".join(str(units) for units in shown["layers"]),
        shown["activation"],
        _LOSSES[output_kind(model(keys), class_count)],
        training["learning_rate"],
        training["decay"],
    )
    return dict(zip(FOM_COLUMNS, values, strict=False))


def _quoted(best: pd.DataFrame) -> dict[str, object]:
    headline = best.loc[best["headline"], "definition"].item()
    # the rows of the even cuts stand after those of the exact scan
    row = best[best["definition"] == headline].iloc[-1]
    return {
        "Max Val FOM": round(row["fom_validation"], _FOM_DECIMALS),
        "at x_cut": round(row["cut"], _CUT_DECIMALS),
        "Test FOM": round(row["fom_test"], _FOM_DECIMALS),
        "Max Test FOM": round(row["max_test"], _FOM_DECIMALS),
    }
