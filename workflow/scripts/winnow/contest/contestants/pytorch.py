"""The contestant `pytorch`: the same network in PyTorch, a plain loop over tensors in memory."""

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.contest.convergence import Convergence
from winnow.contest.task import (
    Events,
    Task,
    Trained,
    Translation,
    beyond,
    patience,
)
from winnow.contest.task import (
    lacking as lacks,
)
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = True

_ACTIVATIONS = {
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "swish": "SiLU",
    "gelu": "GELU",
    "elu": "ELU",
    "selu": "SELU",
    "softplus": "Softplus",
    "linear": "Identity",
}
_INITIALIZERS = {
    "he_normal": "kaiming_normal_",
    "he_uniform": "kaiming_uniform_",
    "glorot_normal": "xavier_normal_",
    "glorot_uniform": "xavier_uniform_",
}
_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}
# Keras' epsilon, so that the optimisers are the same
_EPSILON = 1e-7
_SCORED_AT_ONCE = 5000


def lacking() -> str:
    """Return what of the software is not there."""
    return lacks("torch")


def translated(model: Hidden, training: Training) -> Translation:
    """Return the settings in PyTorch's words."""
    activation = _ACTIVATIONS.get(model.activation)
    initializer = _INITIALIZERS.get(model.initializer)
    missing = [*beyond(model, training)]
    if activation is None:
        missing.append(f"model.activation: {model.activation} has no layer of its slope")
    if initializer is None:
        missing.append(f"model.initializer: {model.initializer} has no counterpart")
    return Translation(
        {
            "layout": f"nn.Linear × {list(model.layers)}, nn.Linear(1) and sigmoid",
            "activation": f"nn.{activation}",
            "initial weights": f"nn.init.{initializer}; output xavier_uniform_; biases 0",
            "dropout": f"nn.Dropout({model.dropout:g})" if model.dropout else "none",
            "loss": "binary_cross_entropy_with_logits(weight=w), Σwl/N",
            "optimiser": f"torch.optim.{_OPTIMIZERS[training.optimizer]}",
            "learning rate": f"lr={training.learning_rate:g}",
            "momentum": f"momentum={training.momentum:g}",
            "batch": f"{training.batch_size} of a permutation, the last one smaller",
            "most epochs": f"{training.epochs}",
            "convergence": f"{patience(training)} epochs, by hand",
            "validation": "after each epoch; best state_dict kept",
        },
        missing,
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import PyTorch and fix its threads; return versions."""
    import torch

    torch.set_num_threads(threads)
    # the first optimiser imports as much as torch itself
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0).step()
    return {"torch": str(torch.__version__), "numpy": np.__version__}


def train(task: Task) -> Trained:
    """Train in a plain loop."""
    import torch

    torch.manual_seed(task.seed)
    network = _network(task, task.training.features.shape[1])
    optimizer = _optimizer(task.settings, network)
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits
    own, held = _tensors(task.training), _tensors(task.validation)
    converging = Convergence(task.patience, lambda: copy.deepcopy(network.state_dict()))
    size, count = task.settings.batch_size, len(own[1])
    for _ in range(task.settings.epochs):
        network.train()
        order = torch.randperm(count)
        for start in range(0, count, size):
            chosen = order[start : start + size]
            features, labels, weights = (values[chosen] for values in own)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(network(features)[:, 0], labels, weights)
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            outputs = _outputs(network, held[0])
            checked = float(loss_of(outputs, held[1], held[2]))
        if not converging.epoch(checked):
            break
    network.load_state_dict(converging.best)

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        with torch.no_grad():
            told = torch.sigmoid(_outputs(network, torch.from_numpy(np.array(features))))
        return np.asarray(told.numpy(), np.float64)

    return Trained(scores, len(converging.losses), converging.best_epoch, converging.seconds)


def _network(task: Task, inputs: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    for units in task.model.layers:
        layers += [_linear(inputs, units, _INITIALIZERS[task.model.initializer])]
        layers += [getattr(nn, _ACTIVATIONS[task.model.activation])()]
        layers += [nn.Dropout(task.model.dropout)] if task.model.dropout else []
        inputs = units
    return nn.Sequential(*layers, _linear(inputs, 1, "xavier_uniform_"))


def _linear(inputs: int, units: int, initializer: str) -> Any:
    from torch import nn

    layer = nn.Linear(inputs, units)
    if initializer.startswith("kaiming"):
        # He's variance is 2 / inputs, whatever the activation, as in Keras
        getattr(nn.init, initializer)(layer.weight, a=math.sqrt(0), nonlinearity="relu")
    else:
        getattr(nn.init, initializer)(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _optimizer(settings: Training, network: Any) -> Any:
    import torch

    own: dict[str, Any] = {"lr": settings.learning_rate}
    if settings.optimizer == "sgd":
        own["momentum"] = settings.momentum
    else:
        own["eps"] = _EPSILON
    if settings.optimizer == "rmsprop":
        own |= {"alpha": 0.9, "momentum": settings.momentum}
    if settings.optimizer == "adamw":
        own["weight_decay"] = settings.weight_decay
    return getattr(torch.optim, _OPTIMIZERS[settings.optimizer])(network.parameters(), **own)


def _tensors(events: Events) -> tuple[Any, Any, Any]:
    import torch

    arrays = events.features, events.labels, events.weights
    features, labels, weights = (torch.from_numpy(np.array(a, np.float32)) for a in arrays)
    return features, labels, weights


def _outputs(network: Any, features: Any) -> Any:
    import torch

    return torch.cat([network(part)[:, 0] for part in features.split(_SCORED_AT_ONCE)])
