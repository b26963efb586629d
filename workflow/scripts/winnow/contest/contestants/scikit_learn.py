"""The contestant `scikit_learn`: scikit-learn's `MLPClassifier`, an epoch a `partial_fit`."""

import copy
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from winnow.contest.convergence import Convergence
from winnow.contest.task import Task, Trained, Translation, beyond, patience
from winnow.contest.task import lacking as lacks
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = True

_ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "linear": "identity"}
_OPTIMIZERS = ("sgd", "adam")
_TINY = 1e-12


def lacking() -> str:
    """Return what of the software is not there."""
    return lacks("sklearn")


def translated(model: Hidden, training: Training) -> Translation:
    """Return the settings in scikit-learn's words."""
    activation = _ACTIVATIONS.get(model.activation)
    missing = [*beyond(model, training)]
    if activation is None:
        missing.append(f"model.activation: {model.activation} has no counterpart")
    if training.optimizer not in _OPTIMIZERS:
        missing.append(f"training.optimizer: {training.optimizer} has no counterpart")
    if model.dropout:
        missing.append("model.dropout has no counterpart")
    own = "nothing: always Glorot uniform, for biases too"
    return Translation(
        {
            "layout": f"hidden_layer_sizes={list(model.layers)}",
            "activation": f"activation={activation}",
            "initial weights": own,
            "dropout": "nothing",
            "loss": "log loss with sample_weight, Σwl/Σw of the batch",
            "optimiser": f"solver={training.optimizer}",
            "learning rate": f"learning_rate_init={training.learning_rate:g}",
            "momentum": f"momentum={training.momentum:g}, nesterovs_momentum=False",
            "batch": f"batch_size={training.batch_size}, the last one smaller",
            "most epochs": f"{training.epochs} calls of partial_fit",
            "convergence": f"{patience(training)} epochs, by hand",
            "validation": "after each epoch; best coefs_ kept; alpha=0",
        },
        missing,
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import scikit-learn and fix the threads of linear algebra; return versions."""
    import sklearn
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    threadpool_limits(threads)
    return {
        MLPClassifier.__module__.partition(".")[0]: sklearn.__version__,
        "numpy": np.__version__,
    }


def train(task: Task) -> Trained:
    """Train epoch by epoch."""
    from sklearn.neural_network import MLPClassifier

    settings, own, held = task.settings, task.training, task.validation
    network = MLPClassifier(
        hidden_layer_sizes=task.model.layers,
        activation=_ACTIVATIONS[task.model.activation],
        solver=settings.optimizer,
        alpha=0.0,
        batch_size=min(settings.batch_size, len(own.labels)),
        learning_rate_init=settings.learning_rate,
        momentum=settings.momentum,
        nesterovs_momentum=False,
        epsilon=1e-7,
        random_state=task.seed,
    )
    converging = Convergence(
        task.patience, lambda: copy.deepcopy((network.coefs_, network.intercepts_))
    )
    features = np.ascontiguousarray(own.features)
    for _ in range(settings.epochs):
        network.partial_fit(features, own.labels, classes=[0, 1], sample_weight=own.weights)
        chance = np.clip(network.predict_proba(held.features)[:, 1], _TINY, 1 - _TINY)
        losses = -np.where(held.labels == 1, np.log(chance), np.log1p(-chance))
        if not converging.epoch(float(held.weights @ losses) / len(losses)):
            break
    network.coefs_, network.intercepts_ = converging.best

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(network.predict_proba(features)[:, 1], np.float64)

    return Trained(scores, len(converging.losses), converging.best_epoch, converging.seconds)
