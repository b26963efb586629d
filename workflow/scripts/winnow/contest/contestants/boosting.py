"""The contestant `boosting`: scikit-learn's gradient boosting with its defaults, to be beaten."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from winnow.contest.task import Task, Trained, Translation
from winnow.contest.task import lacking as lacks
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = False


def lacking() -> str:
    """Return what of the software is not there."""
    return lacks("sklearn")


def translated(model: Hidden, training: Training) -> Translation:
    """Return that settings of networks mean nothing here."""
    trees = "100 trees of 31 leaves"
    names = ("activation", "initial weights", "dropout", "optimiser", "momentum", "batch")
    return Translation(
        {
            "layout": trees,
            **dict.fromkeys(names, "nothing"),
            "loss": "log loss with sample_weight",
            "learning rate": "learning_rate=0.1, its default",
            "most epochs": "max_iter=100, its default",
            "convergence": "early_stopping=False",
            "validation": "none",
        }
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import scikit-learn; return versions."""
    import sklearn
    from threadpoolctl import threadpool_limits

    threadpool_limits(threads)
    return {"sklearn": sklearn.__version__, "numpy": np.__version__}


def train(task: Task) -> Trained:
    """Train gradient boosting as the reference classifiers of a study."""
    from winnow.training.baselines import BOOSTING, fitted

    own = task.training
    classifier = fitted(BOOSTING, own.features, own.labels, own.weights, task.seed)

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(classifier.predict_proba(features)[:, 1], np.float64)

    return Trained(scores, classifier.n_iter_)
