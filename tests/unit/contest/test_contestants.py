"""What every contestant must do, on two classes whose best possible area is known."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from scripts import Runner
from winnow.contest.contestants import pytorch, scikit_learn, tmva
from winnow.contest.convergence import Convergence
from winnow.contest.task import Events, Task, beyond
from winnow.errors import DataError
from winnow.networks.hidden import Hidden
from winnow.simulation.gaussians import Classes, simulated
from winnow.study.choices import CONTESTANTS, names, part
from winnow.study.keys.training import EarlyStopping, Schedule, Training
from winnow.study.typed import plain
from winnow.tables import write_array, write_parquet

SEPARATION = 1.5
# of two normal classes of one covariance: the Mann-Whitney probability of their means' distance
BEST = norm.cdf(SEPARATION / np.sqrt(2))
MODEL = Hidden(layers=(20, 20), activation="tanh", initializer="glorot_uniform", dropout=0.0)
TRAINING = Training(
    optimizer="adam",
    learning_rate=0.01,
    batch_size=200,
    epochs=15,
    early_stopping=EarlyStopping(patience=5),
)
COUNT = 6000


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """What the rule gives its script, of a toy; a third of background has twice the weight."""
    folder = tmp_path_factory.mktemp("contest")
    classes = Classes(3, SEPARATION, 0.4, 1.0)
    tables = [
        simulated(classes, (4, 1, 5), name, COUNT, 1, 0).to_pandas()
        for name in ("background", "signal")
    ]
    events = pd.concat(tables, ignore_index=True).sample(frac=1, random_state=1)
    label = (events["process"] == "signal").to_numpy()
    weight = np.where(~label & (events["x1"] > 0.4), 2.0, 1.0)
    kept = pd.DataFrame(
        {
            "source": pd.Categorical(["toy"] * len(events)),
            "row": np.arange(len(events)),
            "event_id": np.arange(len(events), dtype=np.uint64),
            "process": pd.Categorical(events["process"].astype(str)),
            "class": label.astype(np.int8),
            "weight": weight,
        }
    )
    inputs = {"events": [folder / "events.parquet"], "samples": folder / "samples.parquet"}
    write_parquet(kept, inputs["events"][0])
    split = kept[["source", "row"]].assign(sample=pd.Categorical(events["sample"].astype(str)))
    write_parquet(split, inputs["samples"])
    for sample in ("train", "validation", "test"):
        own = (events["sample"] == sample).to_numpy()
        arrays = {
            "features": events.loc[own, ["x1", "x2", "x3"]].to_numpy(np.float32),
            "classes": label[own].astype(np.int8),
            "weights": weight[own],
        }
        for kind, array in arrays.items():
            path = folder / f"{kind}.{sample}.npy"
            write_array(array, path)
            inputs[f"{kind}_{sample}"] = path
    return folder, inputs


def run(prepared, contestant, name):
    folder, inputs = prepared
    output = {
        "scores": folder / f"{name}.parquet",
        "curve": folder / f"{name}.curve.parquet",
        "outcome": folder / f"{name}.json",
    }
    params = {
        "contestant": contestant,
        "model": plain(MODEL),
        "training": plain(TRAINING),
        "positive": 1,
        "classes": ["background", "signal"],
        "signal": "signal",
        "seed": 7,
        "threads": 1,
    }
    runner = Runner()
    try:
        job = {"input": inputs, "output": output, "params": params}
        ended = runner("contest", **job, log=folder / f"{name}.log")
    finally:
        runner.close()
    assert ended.returncode == 0, (folder / f"{name}.log").read_text()
    return pq.read_table(output["scores"]).to_pandas(), json.loads(output["outcome"].read_text())


@pytest.mark.parametrize("contestant", names(CONTESTANTS))
def test_a_contestant_nears_the_best_possible_area_and_says_what_it_took(prepared, contestant):
    lacking = part(CONTESTANTS, contestant, "lacking")()
    if lacking:
        pytest.skip(f"contestant {contestant}: {lacking} is not installed")
    scores, outcome = run(prepared, contestant, contestant)
    test = scores[scores["sample"] == "test"]
    score = test["score_signal"]
    plain_area = roc_auc_score(test["class"], score)
    # 3,000 events of each class: an uncertainty of 0.005; a hundred trees on 4,800 events overfit
    slack = 0.035 if contestant == "boosting" else 0.02
    assert BEST - slack < plain_area < BEST + 0.015
    weighted = roc_auc_score(test["class"], score, sample_weight=test["weight"])
    assert outcome["test_auc"] == pytest.approx(weighted, abs=1e-9)
    assert weighted != pytest.approx(plain_area, abs=1e-4)
    assert scores["score_signal"].between(0, 1).all()
    assert min(outcome["cpu_seconds"], outcome["real_seconds"]) > 0
    assert outcome["peak_megabytes"] > 50
    assert outcome["harness_seconds"] < 2
    assert outcome["versions"]
    assert outcome["machine"]["processor"]
    if outcome["best_epoch"] is not None:
        assert 0 <= outcome["best_epoch"] < outcome["epochs"] <= TRAINING.epochs
        assert outcome["epoch_seconds"] > 0
    curve = pq.read_table(prepared[0] / f"{contestant}.curve.parquet").to_pandas()
    area = np.trapezoid(curve["signal_efficiency"], curve["background_efficiency"])
    assert area == pytest.approx(weighted, abs=1e-3)


def test_a_repeat_of_one_seed_gives_the_same_scores(prepared):
    first, _ = run(prepared, "scikit_learn", "first")
    again, _ = run(prepared, "scikit_learn", "again")
    pd.testing.assert_frame_equal(first, again)


def task(model=MODEL, training=TRAINING, signal=30, background=30):
    labels = np.repeat(np.array([1, 0], np.int8), [signal, background])
    events = Events(np.zeros((len(labels), 2), np.float32), labels, np.ones(len(labels)))
    return Task(events, events, model, training, seed=4, threads=1)


# written by hand, from the option table of MethodDL and the tutorial TMVA_Higgs_Classification
TMVA_OPTIONS = [
    (
        {"layers": (100, 100, 100)},
        {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 128, "epochs": 2000},
        100,
        "!H:!V:ErrorStrategy=CROSSENTROPY:VarTransform=None:WeightInitialization=XAVIERUNIFORM:"
        "RandomSeed=5:ValidationSize=60:"
        "Layout=DENSE|100|TANH,DENSE|100|TANH,DENSE|100|TANH,DENSE|1|LINEAR:"
        "TrainingStrategy=LearningRate=0.1,Momentum=0,Optimizer=SGD,ConvergenceSteps=100,"
        "MaxEpochs=2000,TestRepetitions=1,BatchSize=128,WeightDecay=0.0,Regularization=None:"
        "Architecture=CPU",
    ),
    (
        {"layers": (20,), "activation": "relu", "initializer": "glorot_normal", "dropout": 0.2},
        {"optimizer": "adam", "learning_rate": 0.001, "momentum": 0.0, "epochs": 20},
        0,
        "!H:!V:ErrorStrategy=CROSSENTROPY:VarTransform=None:WeightInitialization=XAVIER:"
        "RandomSeed=5:ValidationSize=60:Layout=DENSE|20|RELU,DENSE|1|LINEAR:"
        "TrainingStrategy=LearningRate=0.001,Momentum=0,Optimizer=ADAM,ConvergenceSteps=20,"
        "MaxEpochs=20,TestRepetitions=1,BatchSize=200,WeightDecay=0.0,Regularization=None,"
        "DropConfig=0.0+0.2:Architecture=CPU",
    ),
]


@pytest.mark.parametrize(("model", "training", "patience", "expected"), TMVA_OPTIONS)
def test_tmva_is_booked_with_the_options_of_its_documentation(model, training, patience, expected):
    stopping = EarlyStopping(patience=patience)
    own = (
        Hidden(**{**vars(MODEL), **model}),
        Training(**{**vars(TRAINING), **training, "early_stopping": stopping}),
    )
    assert tmva.method_options(task(*own)) == expected


def test_tmva_validates_on_the_events_of_the_others_or_not_at_all():
    assert "MixMode=Alternate" in tmva.split_options(task())
    with pytest.raises(DataError, match="30 events of signal and 29 of background"):
        tmva.split_options(task(background=29))


def changed(section, **keys):
    return type(section)(**{**vars(section), **keys})


@pytest.mark.parametrize(
    ("contestant", "model", "training", "told"),
    [
        (scikit_learn, {"dropout": 0.1}, {}, "model.dropout has no counterpart"),
        (scikit_learn, {"activation": "swish"}, {}, "model.activation: swish"),
        (scikit_learn, {}, {"optimizer": "rmsprop"}, "training.optimizer: rmsprop"),
        (tmva, {"initializer": "he_normal"}, {}, "model.initializer: he_normal"),
        (tmva, {"activation": "gelu"}, {}, "model.activation: gelu"),
        (pytorch, {"initializer": "lecun_normal"}, {}, "model.initializer: lecun_normal"),
        (pytorch, {"l2": 0.1}, {}, "model.l2 is beyond"),
        (pytorch, {}, {"schedule": Schedule("linear")}, "training.schedule is beyond"),
        (pytorch, {}, {"early_stopping": EarlyStopping(3, 0.1)}, "min_delta is beyond"),
    ],
)
def test_what_has_no_counterpart_is_told(contestant, model, training, told):
    translation = contestant.translated(changed(MODEL, **model), changed(TRAINING, **training))
    assert len(translation.missing) == 1
    assert told in translation.missing[0]
    assert not contestant.translated(MODEL, TRAINING).missing


def test_weight_decay_counts_where_the_optimizer_has_one():
    decaying = changed(TRAINING, optimizer="adamw", weight_decay=0.1)
    assert beyond(MODEL, decaying) == [
        "training.weight_decay is beyond the settings that contestants share"
    ]
    assert beyond(MODEL, changed(TRAINING, weight_decay=0.1)) == []


@pytest.mark.parametrize("contestant", names(CONTESTANTS))
def test_every_contestant_words_the_same_settings(contestant):
    words = part(CONTESTANTS, contestant, "translated")(MODEL, TRAINING).words
    wanted = part(CONTESTANTS, "winnow", "translated")(MODEL, TRAINING).words
    assert set(words) == set(wanted)


@pytest.mark.parametrize(
    ("patience", "losses", "epochs", "best"),
    [(2, [3.0, 2.0, 2.5, 2.2, 1.0], 4, 1), (0, [3.0, 2.0, 2.5, 2.2, 2.1], 5, 1),
     (2, [3.0, float("nan"), 1.0], 2, 0)],
)  # fmt: skip
def test_training_ends_after_its_patience_and_keeps_the_best_weights(
    patience, losses, epochs, best
):
    present = []
    converging = Convergence(patience, lambda: len(present))
    for loss in losses:
        goes_on = converging.epoch(loss)
        present.append(loss)
        if not goes_on:
            break
    assert len(present) == len(converging.seconds) == epochs
    assert converging.best_epoch == converging.best == best
