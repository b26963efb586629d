"""The contestant `tmva`: TMVA's deep network (`MethodDL`), through PyROOT.

Options and their defaults: ROOT's `tmva/tmva/src/MethodDL.cxx`, `Factory` and `DataLoader`, and the
TMVA Users Guide (arXiv:physics/0703039).
"""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.contest.task import Events, Task, Trained, Translation, beyond, patience
from winnow.errors import DataError
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = True

_ACTIVATIONS = {
    "relu": "RELU",
    "tanh": "TANH",
    "sigmoid": "SIGMOID",
    "linear": "LINEAR",
}
_INITIALIZERS = {"glorot_normal": "XAVIER", "glorot_uniform": "XAVIERUNIFORM"}
_OPTIMIZERS = {"sgd": "SGD", "adam": "ADAM", "rmsprop": "RMSPROP"}
_METHOD = "DL"


def lacking() -> str:
    """Return what of the software is not there: ROOT, or its TMVA, which not every build has."""
    spec = importlib.util.find_spec("ROOT")
    if spec is None or spec.origin is None:
        return "ROOT"
    package = Path(spec.origin).parent
    places = [package, package / "lib", package.parent, Path(sys.prefix, "lib")]
    places += [Path(os.environ["ROOTSYS"], "lib")] if "ROOTSYS" in os.environ else []
    return "" if any(next(place.glob("libTMVA.*"), None) for place in places) else "TMVA"


def translated(model: Hidden, training: Training) -> Translation:
    """Return the settings in TMVA's options."""
    missing = [*beyond(model, training)]
    for key, value, known in (
        ("model.activation", model.activation, _ACTIVATIONS),
        ("model.initializer", model.initializer, _INITIALIZERS),
        ("training.optimizer", training.optimizer, _OPTIMIZERS),
    ):
        if value not in known:
            missing.append(f"{key}: {value} has no counterpart")
    if missing:
        return Translation({}, missing)
    return Translation(
        {
            "layout": layout(model),
            "activation": f"{_ACTIVATIONS[model.activation]} in Layout",
            "initial weights": f"WeightInitialization={_INITIALIZERS[model.initializer]}",
            "dropout": _dropout(model) or "none",
            "loss": "ErrorStrategy=CROSSENTROPY, weighted",
            "optimiser": f"Optimizer={_OPTIMIZERS[training.optimizer]}",
            "learning rate": f"LearningRate={training.learning_rate:g}",
            "momentum": f"Momentum={training.momentum:g}",
            "batch": f"BatchSize={training.batch_size}, the remainder dropped",
            "most epochs": f"MaxEpochs={training.epochs}",
            "convergence": f"ConvergenceSteps={_steps(training)}, TestRepetitions=1",
            "validation": "ValidationSize: the last events, which are the same; best weights kept",
        }
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import ROOT and fix its threads; return versions."""
    import ROOT

    ROOT.gROOT.SetBatch(True)
    if threads > 1:
        ROOT.EnableImplicitMT(threads)
    ROOT.TMVA.Tools.Instance()
    return {"ROOT": str(ROOT.gROOT.GetVersion()), "numpy": np.__version__}


def layout(model: Hidden) -> str:
    """Return the option `Layout`: dense layers, and the linear one that the output is made of."""
    layers = [f"DENSE|{units}|{_ACTIVATIONS[model.activation]}" for units in model.layers]
    return ",".join([*layers, "DENSE|1|LINEAR"])


def training_strategy(model: Hidden, training: Training) -> str:
    """Return the option `TrainingStrategy`; every key is set, since its defaults are others."""
    keys = [
        f"LearningRate={training.learning_rate:g}",
        f"Momentum={training.momentum:g}",
        f"Optimizer={_OPTIMIZERS[training.optimizer]}",
        f"ConvergenceSteps={_steps(training)}",
        f"MaxEpochs={training.epochs}",
        "TestRepetitions=1",
        f"BatchSize={training.batch_size}",
        "WeightDecay=0.0",
        "Regularization=None",
    ]
    return ",".join([*keys, *([_dropout(model)] if model.dropout else [])])


def method_options(task: Task) -> str:
    """Return the options that the method is booked with; `RandomSeed` 0 would be another each time.

    Args:
        task: what is trained.
    """
    return ":".join(
        [
            "!H",
            "!V",
            "ErrorStrategy=CROSSENTROPY",
            "VarTransform=None",
            f"WeightInitialization={_INITIALIZERS[task.model.initializer]}",
            f"RandomSeed={1 + task.seed % (2**31 - 1)}",
            f"ValidationSize={len(task.validation.labels)}",
            f"Layout={layout(task.model)}",
            f"TrainingStrategy={training_strategy(task.model, task.settings)}",
            "Architecture=CPU",
        ]
    )


def split_options(task: Task) -> str:
    """Return the options that events are shared out with: all of them train, none is drawn.

    TMVA validates on the last events of its list. With `MixMode=Alternate` signal and background
    take turns in it, each in its own order, so that those are the validation sample's.

    Args:
        task: what is trained.

    Raises:
        DataError: signal and background are not as many, and would not take turns to the end.
    """
    for name, events in (("training", task.training), ("validation", task.validation)):
        signal = int((events.labels == 1).sum())
        background = len(events.labels) - signal
        if signal != background:
            raise DataError(
                f"contestant 'tmva': the {name} sample has {signal} events of signal and "
                f"{background} of background, expected as many: TMVA would validate on others "
                "than the other contestants. Simulate as many of both, or leave it out of "
                "`contest.contestants`."
            )
    return ":".join(
        [
            "SplitMode=Block",
            "MixMode=Alternate",
            "NormMode=None",
            *(f"nTrain_{name}=0:nTest_{name}=1" for name in ("Signal", "Background")),
            "!V",
        ]
    )


def train(task: Task) -> Trained:
    """Train by TMVA's factory, in a folder of its own."""
    import ROOT

    with tempfile.TemporaryDirectory() as folder:
        return _trained(ROOT, task, Path(folder))


def _trained(root: Any, task: Task, folder: Path) -> Trained:
    inputs = [f"x{number}" for number in range(task.training.features.shape[1])]
    output = root.TFile.Open(str(folder / "output.root"), "RECREATE")
    options = "!V:Silent:!Color:!DrawProgressBar:AnalysisType=Classification"
    factory = root.TMVA.Factory("contest", output, options)
    root.TMVA.gConfig().GetIONames().fWeightFileDirPrefix = str(folder)
    loader = root.TMVA.DataLoader("loader")
    for name in inputs:
        loader.AddVariable(name, "F")
    files = []
    for label, side in ((1, "Signal"), (0, "Background")):
        # training events first, so that the last ones are those of validation
        path = folder / f"{side}.root"
        _write(root, [task.training, task.validation], label, inputs, path)
        files.append(root.TFile.Open(str(path)))
        tree = files[-1].Get("events")
        add = loader.AddSignalTree if label else loader.AddBackgroundTree
        add(tree, 1.0, root.TMVA.Types.kTraining)
        # TMVA wants an event to test on; what it finds is not read
        add(tree.CloneTree(1), 1.0, root.TMVA.Types.kTesting)
        getattr(loader, f"Set{side}WeightExpression")("weight")
    loader.PrepareTrainingAndTestTree(root.TCut(""), root.TCut(""), split_options(task))
    factory.BookMethod(loader, root.TMVA.Types.kDL, _METHOD, method_options(task))
    factory.TrainAllMethods()
    output.Close()
    for file in files:
        file.Close()
    weights = next(folder.rglob(f"*_{_METHOD}.weights.xml"))
    reader = root.TMVA.Experimental.RReader(str(weights))

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        tensor = root.TMVA.Experimental.AsTensor["float"](np.array(features, np.float32))
        return np.asarray(reader.Compute(tensor), np.float64).reshape(len(features))

    return Trained(scores, epochs=-1)


def _write(root: Any, samples: list[Events], label: int, inputs: list[str], path: Path) -> None:
    """Write the events of one class as a tree, in order."""
    chosen = [events.labels == label for events in samples]
    features = np.concatenate([e.features[own] for e, own in zip(samples, chosen, strict=True)])
    weights = np.concatenate([e.weights[own] for e, own in zip(samples, chosen, strict=True)])
    columns = {name: np.ascontiguousarray(features[:, i]) for i, name in enumerate(inputs)}
    columns["weight"] = weights.astype(np.float32)
    root.RDF.FromNumpy(columns).Snapshot("events", str(path))


def _steps(training: Training) -> int:
    """Return the epochs without a better error after which TMVA stops."""
    return patience(training) or training.epochs


def _dropout(model: Hidden) -> str:
    """Return TMVA's dropout: the share of each layer's inputs dropped, none of the first."""
    shares = ["0.0", *[f"{model.dropout:g}"] * len(model.layers)]
    return f"DropConfig={'+'.join(shares)}" if model.dropout else ""
