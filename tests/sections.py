"""Sections of a config as the schema's defaults fill them, for tests to set a few keys over.

No unit is dropped and no training stops early, so that what tests compute follows from few keys.
The functions take sections as mappings, as a config has them, and call the library with their
objects.
"""

from winnow.preparation.normalise.features import Matrix
from winnow.preparation.normalise.fit import fit
from winnow.study.keys.model import model
from winnow.study.keys.normalise import Normalise
from winnow.study.keys.normalise import steps as normalise_steps
from winnow.study.keys.training import Training, phases
from winnow.study.typed import made, plain

MODEL = plain(model({"activation": "relu", "dropout": 0}))
TRAINING = plain(made(Training, {"early_stopping": {"patience": 0}}))


def built(section, shape, class_count, seed):
    """Build a network; `shape` is the number of inputs, or an event's shape."""
    from winnow.networks.build import build

    return build(model(section), shape if isinstance(shape, tuple) else (shape,), class_count, seed)


def first_phase(section):
    """The first phase of a section `training`."""
    return phases(made(Training, section))[0]


def fitted(features, names, steps, **keys):
    """Fit a normalisation; a constant feature is an error unless the keys say otherwise."""
    settings = made(Normalise, {"steps": steps, "constant": "error", **keys})
    return fit(Matrix(features, names), settings, normalise_steps(settings))


def trained(network, training, validation, section, seed, *others, compute="float32"):
    """Train a network on samples; `others` are the paths of its weights, who is told, the state."""
    from winnow.training.run import Run
    from winnow.training.train import train

    run = Run(training, validation, made(Training, section), seed, compute)
    return train(network, run, *others)
