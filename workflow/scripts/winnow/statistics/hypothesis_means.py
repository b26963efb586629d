"""What all trainings of a parametrised network are worth at each hypothesis, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

HYPOTHESIS, TRAINED = "hypothesis", "trained_on"
_RUN = ("point", "replica", "fold")
_MEANS = ("auc", "fom_validation", "fom_test", "s_test", "b_test")
_UNCERTAINTIES = ("auc_uncertainty", "fom_uncertainty_validation", "fom_uncertainty_test")


def of_all_runs(
    runs: Sequence[Mapping[str, str]], tables: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the tables of all trainings, and take the mean of each scan point's.

    Args:
        runs: point, replica and fold of each.
        tables: of `winnow.statistics.hypotheses.hypothesis_table`.

    Returns:
        runs: point, replica and fold before the columns of the tables.
        points: a row a scan point and hypothesis: point, hypothesis, trained_on, trainings,
            definition, label, the means over replicas and folds of auc and of the figures of merit
            and yields, their statistical uncertainties (folds test events of their own, replicas
            the same ones), and fom_spread, the standard deviation of the trainings' fom_test, NaN
            of one.
    """
    joined = pd.concat(
        [table.assign(**{n: own[n] for n in _RUN}) for own, table in zip(runs, tables, strict=True)]
    )
    joined = joined[[*_RUN, *(name for name in joined if name not in _RUN)]]
    return joined.reset_index(drop=True), pd.DataFrame(_means(joined))


def _means(joined: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for (point, hypothesis), own in joined.groupby(["point", HYPOTHESIS], sort=False):
        folds = own["fold"].nunique()
        yield {
            "point": point,
            HYPOTHESIS: hypothesis,
            TRAINED: bool(own[TRAINED].all()),
            "trainings": len(own),
            "definition": own["definition"].iloc[0],
            "label": own["label"].iloc[0],
            **{name: own[name].mean(skipna=False) for name in _MEANS},
            **{
                name: float(np.sqrt(np.square(own[name]).mean(skipna=False) / folds))
                for name in _UNCERTAINTIES
            },
            "fom_spread": own["fom_test"].std(),
        }
