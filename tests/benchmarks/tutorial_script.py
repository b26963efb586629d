"""The CMS tutorial's multi-class algorithm as one plain Keras script, which tutorial.py times.

Reads the six CSV files, trains a network per decay and replica, keeps its epoch of lowest
validation loss, scans 200 cuts on every sample, and writes figures and a table: pandas, Keras and
matplotlib, one after the other. As in winnow, the tutorial's slips are put right: one factor for
all classes of a sample, the mass point alone as signal on test too, a score of 1 counts, and the
ROC curves are of the best epoch. For the comparison it keeps the signal's scores on test.

    python tests/benchmarks/tutorial_script.py FOLDER EPOCHS REPLICAS
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import matplotlib as mpl
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

mpl.use("Agg")
import matplotlib.pyplot as plt

FEATURES = [
    *("LepChg", "LepPt", "LepEta", "Dxy", "Dz", "RelIso", "Met", "mt", "Njet", "Jet1Pt", "Jet2Pt"),
    *("HT", "NbLoose", "JetHBpt", "JetHBCSV", "JetB2pt", "DrJetHBLep"),
]
CLASSES = ["Signal", "Wjets", "TTbar", "Z2nu", "Other"]
PREFIXES = {"Wj": "Wjets", "TT": "TTbar", "ZJ": "Z2nu"}
MASS_POINT = "T2DegStop_550_520"
LUMINOSITY = 35866.0
FACTORS = {"train": 4.0, "val": 4.0, "test": 2.0}
SYSTEMATIC = 0.2
CUTS = 0.7 + 0.0015 * np.arange(200)
LEARNING_RATE, DECAYS, BATCH = 5e-5, (1e-3, 1e-4), 5000


@dataclass
class Sample:
    """One of the three samples."""

    features: np.ndarray
    label: np.ndarray
    weight: np.ndarray  # in pb
    of_mass_point: np.ndarray
    factor: float

    @property
    def yields(self):
        """The events that each event stands for."""
        return self.weight * LUMINOSITY * self.factor


def read(folder, name):
    """Read a sample's two files; the class of a background is in its name's first two letters."""
    columns = [*FEATURES, "weight", "process"]
    signal, background = (
        pd.read_csv(folder / f"{name}_{kind}.csv", names=columns) for kind in ("sig", "bkg")
    )
    signal["class"] = "Signal"
    background["class"] = background["process"].str[:2].map(PREFIXES).fillna("Other")
    table = pd.concat([signal, background], ignore_index=True)
    return Sample(
        table[FEATURES].to_numpy(np.float64),
        pd.Categorical(table["class"], CLASSES).codes,
        table["weight"].to_numpy(),
        (table["process"] == f"{MASS_POINT}.root").to_numpy(),
        FACTORS[name],
    )


def balanced(sample):
    """Return training weights whose class sums keep the square root of their ratio to signal."""
    sums = np.bincount(sample.label, sample.weight, len(CLASSES))
    scale = np.count_nonzero(sample.label == 0) / sums * np.sqrt(sums / sums[0])
    return (sample.weight * scale[sample.label]).astype(np.float32)


def network(decay):
    """Return the compiled network; InverseTimeDecay is what Keras 2 called decay."""
    model = keras.Sequential(
        [
            keras.Input((len(FEATURES),)),
            keras.layers.Dense(100, activation="tanh", kernel_initializer="he_normal"),
            keras.layers.Dense(100, activation="tanh", kernel_initializer="he_normal"),
            keras.layers.Dense(len(CLASSES), activation="softmax"),
        ]
    )
    rate = keras.optimizers.schedules.InverseTimeDecay(LEARNING_RATE, 1, decay)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def train(model, inputs, labels, weights, epochs, path):
    """Fit, go back to the best epoch's weights, and return the history."""
    best = keras.callbacks.ModelCheckpoint(
        path, monitor="val_loss", save_best_only=True, save_weights_only=True
    )
    history = model.fit(
        inputs["train"],
        labels["train"],
        sample_weight=weights["train"],
        validation_data=(inputs["val"], labels["val"], weights["val"]),
        batch_size=BATCH,
        epochs=epochs,
        callbacks=[best],
        verbose=0,
    )
    model.load_weights(path)
    return history.history


def figure_of_merit(s, b):
    """Return the Asimov significance with 20 % uncertainty of b; 0 where b or s is not above 0."""
    defined = (s > 0) & (b > 0)
    s, b = np.where(defined, s, 1.0), np.where(defined, b, 1.0)
    variance = (SYSTEMATIC * b) ** 2
    first = (s + b) * np.log((s + b) * (b + variance) / (b**2 + (s + b) * variance))
    second = b**2 / variance * np.log(1 + variance * s / (b * (b + variance)))
    return np.where(defined, np.sqrt(2 * (first - second)), 0.0)


def scan(sample, scores):
    """Return figure of merit, signal and background efficiency at every cut."""
    predicted = scores.argmax(axis=1) == 0
    signal, background = sample.of_mass_point, sample.label > 0
    yields, score = sample.yields, scores[:, 0]
    passing = []
    for kind in (signal & predicted, background & predicted):
        own_score, own_yields = score[kind], yields[kind]
        passing.append(np.array([own_yields[own_score >= cut].sum() for cut in CUTS]))
    s, b = passing
    return figure_of_merit(s, b), s / yields[signal].sum(), b / yields[background].sum()


def yields_at(sample, scores, cut):
    """Return the expected events of each class, the signal's at the mass point, above a cut."""
    counted = sample.of_mass_point | (sample.label > 0)
    passed = counted & (scores.argmax(axis=1) == 0) & (scores[:, 0] >= cut)
    return np.bincount(sample.label[passed], sample.yields[passed], len(CLASSES))


def draw(path, curves, x_label, y_label):
    """Draw curves, label → (x, y), into a file."""
    figure, axes = plt.subplots(figsize=(8, 6))
    for label, (x, y) in curves.items():
        axes.plot(x, y, label=label)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend()
    figure.savefig(path)
    plt.close(figure)


def draw_history(history, folder):
    """Draw loss and accuracy of training and validation."""
    for name in ("loss", "accuracy"):
        curves = {
            label: (range(len(history[key])), history[key])
            for label, key in (("training", name), ("validation", f"val_{name}"))
        }
        draw(folder / f"{name}.png", curves, "epoch", name)


def draw_roc(samples, scores, folder):
    """Draw the ROC curves of signal against the rest, unweighted as in the tutorial."""
    curves = {}
    for name in ("train", "val"):
        is_signal = samples[name].label == 0
        false, true, _ = roc_curve(is_signal, scores[name][:, 0])
        curves[f"{name}, area {roc_auc_score(is_signal, scores[name][:, 0]):.4f}"] = false, true
    draw(folder / "roc.png", curves, "background efficiency", "signal efficiency")


def evaluate(samples, scores, folder):
    """Scan all samples, draw the curves, write the yields, and return the row of the table."""
    scans = {name: scan(samples[name], scores[name]) for name in samples}
    fom = {name: values[0] for name, values in scans.items()}
    draw(folder / "fom.png", {name: (CUTS, fom[name]) for name in fom}, "cut", "figure of merit")
    _, signal, background = scans["val"]
    efficiencies = {"signal": (CUTS, signal), "background": (CUTS, background)}
    draw(folder / "efficiency.png", efficiencies, "cut", "efficiency")
    best = {name: int(values.argmax()) for name, values in fom.items()}
    rows = {name: yields_at(samples["test"], scores["test"], CUTS[best[name]]) for name in best}
    pd.DataFrame(rows, index=CLASSES).to_csv(folder / "test_yields.csv")
    return {
        "max validation FOM": round(float(fom["val"].max()), 8),
        "cut": round(float(CUTS[best["val"]]), 4),
        "test FOM": round(float(fom["test"][best["val"]]), 8),
        "max test FOM": round(float(fom["test"].max()), 8),
    }


def main():
    """Train and evaluate everything; write into the working directory."""
    source, epochs, replicas = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    samples = {name: read(source, name) for name in FACTORS}
    top, bottom = samples["train"].features.max(axis=0), samples["train"].features.min(axis=0)
    inputs = {
        name: ((2 * own.features - top - bottom) / (top - bottom)).astype(np.float32)
        for name, own in samples.items()
    }
    labels = {name: keras.utils.to_categorical(samples[name].label) for name in ("train", "val")}
    weights = {name: balanced(samples[name]) for name in ("train", "val")}
    rows = []
    for decay in DECAYS:
        for replica in range(replicas):
            folder = Path(f"decay_{decay:g}", f"run_{replica}")
            folder.mkdir(parents=True)
            keras.utils.set_random_seed(replica)
            model = network(decay)
            history = train(model, inputs, labels, weights, epochs, folder / "best.weights.h5")
            scores = {
                name: model.predict(own, batch_size=BATCH, verbose=0)
                for name, own in inputs.items()
            }
            draw_history(history, folder)
            draw_roc(samples, scores, folder)
            np.save(folder / "test_scores.npy", scores["test"][:, 0])
            settings = {
                "scaling function": "sqrt",
                "configuration": "100-100",
                "activation": "tanh",
                "loss": "categorical_crossentropy",
                "learning rate": LEARNING_RATE,
                "decay rate": decay,
            }
            rows.append({"run": replica} | settings | evaluate(samples, scores, folder))
    pd.DataFrame(rows).set_index("run").to_csv("17var_fom.csv")


if __name__ == "__main__":
    main()
