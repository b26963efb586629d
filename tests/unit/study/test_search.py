"""A search: what it proposes, whom it promotes and chooses, and what is refused of one."""

import copy
import math
import random
from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError, ModelError
from winnow.statistics.search import chosen, promoted, results, trial_table
from winnow.study import search
from winnow.study.sampling import Result, propose
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.study.space import combinations, space, trial_name

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
RATE, LAYERS, DROPOUT = "training.learning_rate", "model.layers", "model.dropout"
KEYS = {
    RATE: {"low": 1e-5, "high": 1.0, "log": True},
    LAYERS: {"choices": [[8], [64, 64], [256]]},
    DROPOUT: {"low": 0.0, "high": 0.8},
}
SPACE = space(KEYS)


def loss(values, epochs=100):
    """A validation loss that is lowest, 0, at a rate of 1e-2, [64, 64] and a dropout of 0.2."""
    far = (math.log10(values[RATE]) + 2) ** 2 + 4 * (values[DROPOUT] - 0.2) ** 2
    return far + (values[LAYERS] != [64, 64]) + 3 / epochs


def searched(sampler, seed, rounds=6, points=8):
    """Search the function alone, round by round, each time told all that came before."""
    found = []
    for _ in range(rounds):
        first = len(found)
        for number, values in enumerate(propose(SPACE, found, points, seed, sampler)):
            trial = trial_name(first + number)
            found.append(Result(trial, values, {100: loss(values)}, True))
    return found


def lowest(found):
    return min(loss(own.values) for own in found)


# proposals ---------------------------------------------------------------------------------------


def test_the_same_results_and_seed_propose_the_same_whatever_order_they_came_in():
    found = searched("tpe", 3, rounds=2)
    shuffled = random.Random(1).sample(found, len(found))
    assert shuffled != found
    proposed = propose(SPACE, found, 8, 3)
    assert propose(SPACE, shuffled, 8, 3) == proposed
    assert propose(SPACE, found, 8, 4) != proposed
    # replayed from the start, every round comes out again
    assert searched("tpe", 3, rounds=2) == found


def test_what_came_of_trials_changes_what_is_proposed():
    found = searched("tpe", 3, rounds=2)
    worse = [Result(o.trial, o.values, {100: -min(o.losses.values())}, True) for o in found]
    assert propose(SPACE, worse, 8, 3) != propose(SPACE, found, 8, 3)
    assert propose(SPACE, worse, 8, 3, "random") == propose(SPACE, found, 8, 3, "random")


def test_the_estimator_finds_the_known_best_point_better_than_chance():
    """Of 48 trials, over ten seeds; and where the best of all is."""
    seeds = range(10)
    by_estimator = [lowest(searched("tpe", seed)) for seed in seeds]
    by_chance = [lowest(searched("random", seed)) for seed in seeds]
    assert sum(by_estimator) < 0.5 * sum(by_chance)
    assert sum(a < b for a, b in zip(by_estimator, by_chance, strict=True)) >= 7
    best = min(searched("tpe", 0), key=lambda own: loss(own.values)).values
    assert best[LAYERS] == [64, 64]
    assert 3e-3 < best[RATE] < 3e-2
    assert abs(best[DROPOUT] - 0.2) < 0.15


def test_a_trial_that_diverged_is_avoided():
    """Told as the worst of all: proposals leave where trainings diverge."""
    found = []
    for number, values in enumerate(propose(SPACE, [], 24, 1, "random")):
        diverged = values[RATE] > 1e-3
        losses = {} if diverged else {100: 1.0}
        found.append(Result(trial_name(number), values, losses, not diverged))
    assert 8 < sum(not own.losses for own in found) < 16
    rates = [values[RATE] for seed in range(5) for values in propose(SPACE, found, 8, seed)]
    assert sum(rate > 1e-3 for rate in rates) < 10


def test_proposals_lie_in_the_space_begin_with_the_first_and_never_repeat():
    own = space({"a": {"low": 1, "high": 4}, "b": {"choices": [None, True, [1]]}})
    assert combinations(own) == 12
    first = {"a": 2, "b": True}
    found = propose(own, [], 5, 1, "tpe", first)
    assert found[0] == first
    told = [
        Result(trial_name(number), values, {1: 0.1 * number}, True)
        for number, values in enumerate(found)
    ]
    rest = propose(own, told, 7, 1, "tpe", first)
    every = [repr(values) for values in found + rest]
    assert len(set(every)) == 12
    assert all(type(values["a"]) is int and 1 <= values["a"] <= 4 for values in found + rest)
    told += [
        Result(trial_name(number), values, {1: 1.0}, True)
        for number, values in enumerate(rest, start=5)
    ]
    with pytest.raises(ConfigError, match="only 12 points"):
        propose(own, told, 1, 1)


# rungs -------------------------------------------------------------------------------------------


def outcome(number, rung, value, epochs=1):
    return {
        "trial": trial_name(number),
        "values": {RATE: 0.1 * number, LAYERS: [number]},
        "round": 0,
        "rung": rung,
        "epochs": epochs,
        "loss": value,
        "best_epoch": None if value is None else epochs - 1,
        "wall_seconds": 1.0,
        "cpu_seconds": 1.0,
        "fault": "too large a rate" if value is None else "",
    }


def test_the_best_of_a_rung_go_on_best_first_and_equals_by_name():
    own = [outcome(n, 0, value) for n, value in enumerate([0.5, None, 0.2, 0.5, 0.1])]
    random.Random(1).shuffle(own)
    names = [trial["trial"] for trial in promoted(own, 3)]
    assert names == ["trial-004", "trial-002", "trial-000"]
    # those that diverged fill what is left
    assert promoted(own, 5)[-1]["trial"] == "trial-001"
    with pytest.raises(ModelError, match=r"all 1 trials of the search diverged.*too large a rate"):
        promoted([outcome(1, 0, None)], 1)


def test_halving_ends_at_the_known_best_point_at_a_part_of_the_cost():
    plan = search.rungs(search.settings({"optimise": {"keys": {}, "points": 27, "halving": {
        "epochs": [3, 9], "keep": 1 / 3}}}))  # fmt: skip
    assert [(rung.trials, rung.epochs) for rung in plan] == [(27, 3), (9, 9), (3, None)]
    values = propose(SPACE, [], 27, 5, "random")
    trials, spent = dict(enumerate(values)), 0
    for number, rung in enumerate(plan):
        epochs = rung.epochs or 27
        own = [outcome(n, number, loss(v, epochs), epochs) for n, v in trials.items()]
        spent += sum(epochs for _ in own)
        if number + 1 < len(plan):
            kept = {trial["trial"] for trial in promoted(own, plan[number + 1].trials)}
            trials = {n: v for n, v in trials.items() if trial_name(n) in kept}
    best = min(range(27), key=lambda n: loss(values[n]))
    assert chosen(own, 2)["trial"] == trial_name(best)
    assert spent < 27 * 27 / 2


def test_the_chosen_one_was_trained_to_the_end_and_the_table_tells_of_all():
    own = [
        outcome(0, 0, 0.9),
        outcome(1, 0, 0.1),
        outcome(2, 0, None),
        outcome(0, 1, 0.5, 4),
        outcome(3, 0, 0.3),
        outcome(3, 1, 0.4, 4),
    ]
    assert chosen(own, 1)["trial"] == "trial-003"
    table = trial_table(own, 1)
    assert table["trial"].tolist() == ["trial-003", "trial-000", "trial-001", "trial-002"]
    assert table["outcome"].tolist() == ["finished", "finished", "stopped", "diverged"]
    assert table["epochs"].tolist() == [4, 4, 1, 1]
    assert table["validation_loss"].tolist()[:3] == [0.4, 0.5, 0.1]
    assert math.isnan(table["validation_loss"].iloc[3])
    assert table[LAYERS].tolist() == ["[3]", "[0]", "[1]", "[2]"]
    told = results(own, 1)
    assert [(o["losses"], o["finished"]) for o in told] == [
        ({1: 0.9, 4: 0.5}, True),
        ({1: 0.1}, False),
        ({}, False),
        ({1: 0.3, 4: 0.4}, True),
    ]


# the config --------------------------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events-a.csv").touch()

    def completed(optimise, **changes):
        return complete(copy.deepcopy(TOY) | {"optimise": optimise} | changes, SCHEMA)

    return completed


def test_values_have_the_types_of_their_keys(toy):
    keys = {
        RATE: {"low": "1e-4", "high": 1, "log": True},
        "training.batch_size": {"low": 1e2, "high": 200},
        LAYERS: {"choices": [["16"], [32, 32]]},
    }
    own = toy({"keys": keys})["optimise"]
    assert own["keys"][LAYERS]["choices"] == [[16], [32, 32]]
    found = space(own["keys"])
    assert not found[RATE].whole
    assert found["training.batch_size"].whole
    assert found[RATE].low == 1e-4
    assert (own["rounds"], own["points"], own["sampler"]) == (4, 8, "tpe")
    assert own["halving"] == {"epochs": [], "keep": 0.5}


def test_the_config_itself_is_the_first_trial_where_it_lies_in_what_is_searched(toy):
    keys = {RATE: {"low": 1e-3, "high": 0.1}, LAYERS: {"choices": [[8], [16]]}}
    assert search.base_values(toy({"keys": keys})) == {RATE: 0.01, LAYERS: [16]}
    keys[RATE] = {"low": 0.02, "high": 0.1}
    assert search.base_values(toy({"keys": keys})) == {}


def test_a_trial_is_a_scan_point_and_its_arrays_are_those_of_its_choices(toy):
    keys = {
        RATE: {"low": 1e-3, "high": 0.1},
        "normalise.indicators": {"choices": [True, False]},
        "normalise.impute": {"choices": ["median", 0]},
    }
    config = toy({"keys": keys})
    made = {point.preparation for point in search.array_points(config)}
    assert len(made) == 4
    own = search.point_of(config, {RATE: 0.05, "normalise.indicators": False})
    assert own.preparation in made
    assert own.config["training"]["learning_rate"] == 0.05
    assert not own.config["normalise"]["indicators"]
    assert search.array_points(toy({"keys": {RATE: {"low": 1e-3, "high": 0.1}}})) == []


@pytest.mark.parametrize(
    ("optimise", "changes", "expected"),
    [
        ({"keys": {}}, {}, "`optimise.keys`: found {}, expected at least 1 entries"),
        ({"keys": {"training.rate": {"low": 1, "high": 2}}}, {}, "there is no key `training.rate`"),
        ({"keys": {"seed": {"low": 1, "high": 2}}}, {}, "there is no key `seed` to scan"),
        ({"keys": {RATE: {"low": 0.1, "high": 0.01}}}, {}, "found 0.01, expected above `low`"),
        ({"keys": {RATE: {"low": 0.1, "high": 0.1}}}, {}, "found 0.1, expected above `low`"),
        ({"keys": {RATE: {"low": 0.1}}}, {}, ".high: missing; expected `low` and `high`, or"),
        ({"keys": {RATE: {}}}, {}, ".low: missing; expected `low` and `high`, or `choices`"),
        (
            {"keys": {DROPOUT: {"low": 0, "high": 0.5, "log": True}}},
            {},
            "found 0, expected above 0",
        ),
        ({"keys": {DROPOUT: {"low": 0, "high": 1.5}}}, {}, "found 1.5, expected a number below 1"),
        ({"keys": {LAYERS: {"choices": []}}}, {}, "choices`: found [], expected at least 1 entry"),
        ({"keys": {LAYERS: {"choices": [[1], [1]]}}}, {}, "a value is listed twice"),
        (
            {"keys": {LAYERS: {"choices": [[1], "x"]}}, "rounds": 1, "points": 2},
            {},
            "found 'x', expected a value of type arr",
        ),
        ({"keys": {LAYERS: {"choices": [[1]], "low": 1}}}, {}, "`choices` go alone"),
        ({"keys": {LAYERS: {"low": 1, "high": 2}}}, {}, "it is no number, expected `choices`"),
        (
            {"keys": {"training.batch_size": {"low": 1.5, "high": 9}}},
            {},
            "found 1.5, expected a value of type integer",
        ),
        ({"keys": KEYS}, {"scan": {RATE: [0.1, 0.2]}}, "it is scanned, too; remove it from one"),
        ({"keys": KEYS}, {"folds": 3}, "a search has no folds"),
        (
            {"keys": KEYS, "halving": {"epochs": [2, 2]}},
            {},
            "found [2, 2], expected each number abo",
        ),
        (
            {"keys": KEYS, "halving": {"epochs": [4]}},
            {},
            "found 4, expected less than the 4 epochs",
        ),
        (
            {"keys": KEYS, "points": 1, "halving": {"epochs": [1]}},
            {},
            "0.5 of 1 points, rounded up",
        ),
        ({"keys": KEYS, "halving": {"keep": 1}}, {}, "found 1, expected a number below 1"),
        ({"keys": {LAYERS: {"choices": [[1], [2]]}}}, {}, "expected no more than the 2 that its"),
        (
            {"keys": {"training.epochs": {"low": 1, "high": 9}}},
            {},
            "it cannot be searched: it is how long a trial may train at most",
        ),
        (
            {"keys": {"balance.scheme": {"choices": ["sum", "sqrt"]}}},
            {},
            "is part of what the validation loss is",
        ),
        (
            {"keys": {"training.decorrelation.strength": {"low": 0, "high": 9}}},
            {},
            "is part of what the validation loss is",
        ),
        (
            {"keys": {"transform.noise": {"low": 0, "high": 9}}},
            {"transform": {"bottleneck": 2}},
            "every value makes arrays of its own, expected `choices`",
        ),
        (
            {
                "keys": {
                    "training.schedule.kind": {"choices": ["constant", "cosine"]},
                    "training.decay": {"low": 0, "high": 1},
                }
            },
            {},
            "goes with the `constant` schedule alone, found `cosine`",
        ),
        (
            {"keys": KEYS},
            {"contest": {"contestants": ["winnow"]}},
            "it has no place beside `contest`",
        ),
        ({"keys": KEYS, "sampler": "grid"}, {}, "found 'grid', expected one of tpe, random"),
        ({"keys": KEYS, "trials": 3}, {}, "`optimise.trials`: unknown"),
        ({"rounds": 2}, {}, "`optimise.keys`: missing, but required"),
    ],
)
def test_what_is_refused_of_a_search(toy, optimise, changes, expected):
    with pytest.raises(ConfigError) as error:
        toy(optimise, **changes)
    assert "optimise" in str(error.value)
    assert expected in str(error.value)
