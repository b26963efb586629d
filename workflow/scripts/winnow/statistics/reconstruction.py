"""How well a learned transform copies events: by feature and class, and event by event."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE
from winnow.statistics.histograms import VISIBLE_QUANTILES, bin_axis, share, weighted_sums

ALL_FEATURES = "all features"
BINS = 40

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# what is summed over the events of a class: w, w², and for each feature w·d, w²·d, w²·d², w·x, w·x²
_SUMS = 5


class CopyErrors:
    """Sums of squared differences between events and their copies, some events at a time."""

    def __init__(self, features: Sequence[str], class_names: Sequence[str]) -> None:
        """Begin with no events.

        Args:
            features: the network's inputs, in order.
            class_names: the classes in the order of their indices.
        """
        self._features, self._classes = list(features), list(class_names)
        self._entries = np.zeros(len(class_names), np.int64)
        self._weights = np.zeros((2, len(class_names)))
        self._sums = np.zeros((_SUMS, len(class_names), len(features) + 1))

    def add(
        self, features: Float32, copies: Float32, classes: NDArray[np.int8], weights: Float64
    ) -> Float32:
        """Add events, and return of each the mean squared difference over the features.

        Args:
            features: (n, inputs) float32, normalised.
            copies: (n, inputs) float32.
            classes: (n,) class indices.
            weights: (n,) physical weights; negative ones count with their sign.

        Returns:
            (n,) float32.
        """
        x = features.astype(np.float64)
        d = (x - copies) ** 2
        mean = d.mean(axis=1)
        d = np.column_stack([d, mean])
        x = np.column_stack([x, np.zeros(len(x))])
        for index in range(len(self._classes)):
            own = classes == index
            w, own_d, own_x = weights[own], d[own], x[own]
            self._entries[index] += len(w)
            self._weights[:, index] += w.sum(), (w**2).sum()
            parts = w @ own_d, w**2 @ own_d, w**2 @ own_d**2, w @ own_x, w @ own_x**2
            self._sums[:, index] += parts
        errors: Float32 = mean.astype(np.float32)
        return errors

    def table(self, sample: str) -> pd.DataFrame:
        """Return the errors so far.

        Returns:
            sample, class, feature (each, and `ALL_FEATURES`, the mean over all), entries, error
            (root of the weighted mean of the squared differences, in units of the normalised
            feature), its statistical uncertainty, and spread (weighted standard deviation of the
            feature in the class: what a copy that is the class's mean misses); NaN where the
            weights of a class do not sum to a positive number.
        """
        tables = []
        for index, name in enumerate(self._classes):
            total, squares = self._weights[:, index]
            wd, wwd, wwdd, wx, wxx = self._sums[:, index]
            mean = share(wd, total)
            with np.errstate(invalid="ignore", divide="ignore"):
                error = np.sqrt(mean)
                variance = share(wwdd - 2 * mean * wwd + mean**2 * squares, total**2)
                uncertainty = np.sqrt(variance.clip(min=0)) / (2 * error)
                spreads = (share(wxx, total) - share(wx, total) ** 2).clip(min=0)
            spreads[-1] = spreads[:-1].mean()
            own = {
                SAMPLE: sample,
                CLASS: name,
                "feature": [*self._features, ALL_FEATURES],
                "entries": self._entries[index],
                "error": error,
                "uncertainty": uncertainty,
                "spread": np.sqrt(spreads),
            }
            tables.append(pd.DataFrame(own))
        return pd.concat(tables, ignore_index=True)


def anomaly_histograms(
    scores: Float32, classes: NDArray[np.int8], weights: Float64, class_names: Sequence[str]
) -> pd.DataFrame:
    """Tabulate the weighted distribution of the anomaly score of every class.

    Args:
        scores: (n,) each event's mean squared difference.
        classes: (n,) class indices.
        weights: (n,) physical weights.
        class_names: the classes in the order of their indices.

    Returns:
        class, low, high (bins of equal width in the logarithm, around nearly all events), share (of
        the class's weight), uncertainty, entries (raw).
    """
    positive = scores[scores > 0].astype(np.float64)
    low, high = np.quantile(positive, VISIBLE_QUANTILES) if positive.size else (0.5, 2.0)
    if not high > low:
        low, high = low / 2, low * 2
    edges = np.geomspace(low, high, BINS + 1)
    tables = []
    for index, name in enumerate(class_names):
        own = classes == index
        weight = weights[own]
        sums, squares, entries = weighted_sums([bin_axis(edges)], [scores[own]], weight)
        tables.append(
            pd.DataFrame(
                {
                    CLASS: name,
                    "low": edges[:-1],
                    "high": edges[1:],
                    "share": share(sums, weight.sum()),
                    "uncertainty": share(np.sqrt(squares), weight.sum()),
                    "entries": entries,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
