"""The config: defaults, the message of every fault, and that its documentation is current."""

import importlib.util
import json
import re
from copy import deepcopy
from pathlib import Path

import fsspec
import pytest
import yaml
from fsspec.registry import _registry
from snakemake.io import PeriodicityDetector

from winnow import columns
from winnow.errors import ConfigError
from winnow.events.cutflow import ALL_EVENTS
from winnow.statistics import roc, selection
from winnow.study.files import input_files
from winnow.study.key_table import for_editors, with_table
from winnow.study.name_checks import RESERVED_CLASSES, RESERVED_CUTS
from winnow.study.scan import scan_points
from winnow.study.schema import load_schema
from winnow.study.sections import complete, ingest_settings, refuse_repeated_keys, yield_settings

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A complete study in few keys, in a folder with its input file."""
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text("x,y,w,process\n")
    return {
        "study": "toy",
        "input": {"files": [{"path": "events.csv"}]},
        "columns": {"features": ["x", "y"], "weight": ["w"], "process": "process"},
        "classes": {"background": ["b"], "signal": ["s"]},
        "signal_class": "signal",
    }


def changed(config, dotted, value):
    """Return the config with one key set."""
    config = deepcopy(config)
    *parents, leaf = dotted.split(".")
    section = config
    for parent in parents:
        section = section.setdefault(parent, {})
    section[leaf] = value
    return config


def message(config):
    with pytest.raises(ConfigError) as error:
        complete(config, SCHEMA)
    return str(error.value)


def test_defaults_are_the_schemas(study):
    full = complete(study, SCHEMA)
    assert full["split"]["fractions"] == {"train": 0.25, "validation": 0.25, "test": 0.5}
    assert full["input"]["on_defect"] == "error"
    assert full["fom"]["min_background_entries"] == 50
    assert full["training"]["threads"] == 1
    assert full["columns"]["features"][0] == {"name": "x", "unit": "", "label": "x"}


def test_a_phase_sets_only_what_it_names(study):
    study["training"] = {
        "batch_size": 77,
        "phases": [{"epochs": 3, "schedule": {"kind": "cosine"}}],
    }
    assert complete(study, SCHEMA)["training"]["phases"] == study["training"]["phases"]


def test_nothing_of_the_default_study_leaks(study):
    full = complete(study, SCHEMA)
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    assert full["yields"]["total_yield"] == {}
    assert full["model"]["layers"] != default["model"]["layers"]


def test_the_config_given_is_not_changed(study):
    before = deepcopy(study)
    complete(study, SCHEMA)
    assert study == before


def test_exponents_without_a_point_are_numbers(study):
    config = yaml.safe_load(yaml.safe_dump(study) + "training: {learning_rate: 1e-4}\n")
    assert isinstance(config["training"]["learning_rate"], str)
    assert complete(config, SCHEMA)["training"]["learning_rate"] == 1e-4


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "config").rglob("*.yaml")))
def test_shipped_studies_are_valid(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    config = yaml.safe_load(next((ROOT / "config").rglob(name)).read_text())
    # files that are not shipped, as their study names them
    for file in [*config["input"]["files"], *config.get("apply", {}).get("files", [])]:
        if file["path"].startswith("h4l-2e2mu/"):
            Path(file["path"].replace("*", "")).parent.mkdir(exist_ok=True)
            Path(file["path"].replace("*", "")).touch()
    assert complete(config, SCHEMA)["study"]


def test_the_readmes_example_is_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "config" / "README.md").read_text()
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    for file in config["input"]["files"]:
        path = Path(file["path"].replace("*", "1"))
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert complete(config, SCHEMA)["columns"]["weight"] == ["genWeight", "puWeight", "leptonSF"]


def test_the_key_table_is_current():
    page = (ROOT / "config" / "README.md").read_text()
    assert page == with_table(page, SCHEMA), "run `make docs`"


def test_the_schema_that_editors_read_is_current():
    found = (ROOT / "workflow" / "schemas" / "config.schema.json").read_text(encoding="utf-8")
    assert found == for_editors(SCHEMA), "run `make docs`"


def test_every_key_is_described():
    def undescribed(schema, path):
        for name, child in schema.get("properties", {}).items():
            if "description" not in child:
                yield f"{path}.{name}"
            yield from undescribed(child, f"{path}.{name}")

    assert list(undescribed(SCHEMA, "")) == []


SCHEMA_FAULTS = [
    (
        "training.learning_rat",
        0.1,
        "config key `training.learning_rat`: unknown; did you mean `learning_rate`?",
    ),
    (
        "training.learning_rate",
        "fast",
        "config key `training.learning_rate`: found 'fast', expected a value of type number. "
        "Learning rate at the first step.",
    ),
    (
        "training.epochs",
        0,
        "config key `training.epochs`: found 0, expected a number of at least 1. Largest number of "
        "epochs.",
    ),
    (
        "input.on_defect",
        "ignore",
        "config key `input.on_defect`: found 'ignore', expected one of error, reject. What a "
        "defective row does (text in a number, a wrong number of fields, NaN, infinity, an unknown "
        "process): stop with an error, or go to `rejected.csv` with its reason, counted.",
    ),
    (
        "model.layers",
        [],
        "config key `model.layers`: found [], expected at least 1 entry. Units of each hidden "
        "layer.",
    ),
    (
        "columns.features",
        [{"name": "x", "units": "GeV"}],
        "config key `columns.features[0].units`: unknown; did you mean `unit`?",
    ),
    (
        "normalise.steps",
        ["minmx"],
        "config key `normalise.steps[0]`: found 'minmx', expected one of decorrelate, log, "
        "minmax, pca, quantile, robust, standard or a value of type object.",
    ),
]


@pytest.mark.parametrize(("key", "value", "expected"), SCHEMA_FAULTS)
def test_schema_faults(study, key, value, expected):
    assert message(changed(study, key, value)) == expected


def test_a_scan_of_no_points_is_refused(study):
    assert message(changed(study, "scan", [])).startswith(
        "config key `scan`: found [], expected at least 1 entry."
    )


def test_a_missing_key_is_named(study):
    del study["columns"]
    assert message(study) == "config key `columns`: missing, but required."


SEMANTIC_FAULTS = [
    (
        "classes",
        {"background": ["b"], "signal": []},
        "config key `classes.signal`: no process belongs to this class; list its processes, or "
        "give an input file `class: signal`.",
    ),
    (
        "signal_class",
        "sig",
        "config key `signal_class`: found 'sig', expected one of the classes background, signal.",
    ),
    (
        "split.fractions",
        {"train": 0.5, "validation": 0.25, "test": 0.5},
        "config key `split.fractions`: they add up to 1.25, expected 1 (train 0.5, validation "
        "0.25, test 0.5).",
    ),
    (
        "columns.features",
        ["x", "y", "x"],
        "config key `columns.features`: `x` is listed twice; list it once.",
    ),
    (
        "columns.spectators",
        ["x"],
        "config key `columns.features`: `x` stands in `columns.spectators` too; a network must not "
        "see it, so remove it from one of the two.",
    ),
    (
        "columns.weight",
        ["x"],
        "config key `columns.features`: `x` stands in `columns.weight` too; a network must not see "
        "it, so remove it from one of the two.",
    ),
    (
        "columns.spectators",
        ["weight"],
        "config key `columns.spectators`: `weight` is a name of winnow's own event table; give the "
        "column another one with `columns.derived` (`my_weight: weight`).",
    ),
    (
        "scan",
        {"training.lerning_rate": [0.1]},
        "config key `scan.training.lerning_rate`: there is no key `training.lerning_rate` to scan; "
        "did you mean `training.learning_rate`?",
    ),
    (
        "scan",
        {"training.epochs": [3, 0]},
        "config key `scan`, point 'epochs=0': config key `training.epochs`: found 0, expected "
        "a number of at least 1. Largest number of epochs.",
    ),
    (
        "scan",
        {"zip": {"training.decay": [0, 1e-3], "training.schedule.kind": ["constant", "cosine"]}},
        "config key `scan`, point 'decay=1e-3__kind=cosine': config key `training.decay`: goes "
        "with the `constant` schedule alone, found `cosine`; set one of the two.",
    ),
    (
        "model.output",
        "sigmoid",
        None,
    ),
    (
        "training",
        {"schedule": {"kind": "cosine"}, "decay": 0.1},
        "config key `training.decay`: goes with the `constant` schedule alone, found `cosine`; set "
        "one of the two.",
    ),
    (
        "training",
        {"epochs": 5, "average_from": 5},
        "config key `training.average_from`: found 5, expected less than `epochs`, which is 5: "
        "there is no epoch left to average.",
    ),
    (
        "training",
        {"average_from": 4, "phases": [{"epochs": 6}, {"epochs": 3}]},
        "config key `training.phases[1].average_from`: found 4, expected less than `epochs`, which "
        "is 3: there is no epoch left to average.",
    ),
    (
        "training.schedule",
        {"kind": "one_cycle", "momentum_high": 0.5, "momentum_low": 0.9},
        "config key `training.schedule.momentum_high`: found 0.5, expected at least "
        "`momentum_low`, which is 0.9.",
    ),
    (
        "model.function",
        "network",
        "config key `model.function`: names a function of `model.module`, which is missing; give "
        "it, or remove the function.",
    ),
    (
        "training.phases",
        [{"epochs": 3}, {"optimizer": "rmsprop", "schedule": {"kind": "one_cycle"}}],
        "config key `training.phases[1].schedule.kind`: `one_cycle` moves the momentum, which it "
        "cannot for `rmsprop`; use adam, adamw or sgd.",
    ),
    (
        "training.schedule",
        {"kind": "one_cycle", "rise": 0.6, "annihilate": 0.5},
        "config key `training.schedule.rise`: with `annihilate` it leaves no steps to fall in; "
        "together they must be below 1.",
    ),
    (
        "model",
        {"family": "residual", "layers": [128, 64]},
        "config key `model.layers`: found [128, 64], but the layers of a `residual` network add "
        "up, so give them all the same number of units.",
    ),
    (
        "model",
        {"module": "mine.py"},
        "config key `model.module`: there is no file 'mine.py'; give the path of the Python file "
        "that builds the network, relative to the folder in which snakemake runs.",
    ),
    (
        "yields.total_yield",
        {"sig": 1.0},
        "config key `yields.total_yield.sig`: no such class; expected one of background, signal.",
    ),
    (
        "yields",
        {"total_yield": {"signal": 2.0}, "signal_cross_section": 1.0},
        "config key `yields.signal_cross_section`: `yields.total_yield.signal` gives the signal's "
        "yield too; remove one of the two.",
    ),
    (
        "yields.split_factors",
        {"train": 4, "validation": 4, "test": 2},
        "config key `yields.split_factors`: given, but no input file names its `sample`; the "
        "factors then follow from `split.fractions`, so remove it.",
    ),
    (
        "normalise.steps",
        [{"step": "log", "features": ["z"]}],
        "config key `normalise.steps[0].features`: `z` is no feature; known: x, y.",
    ),
    (
        "classes",
        {"all": ["b"], "signal": ["s"]},
        "config key `classes.all`: the name is taken: the ROC tables call everything but the "
        "signal so; choose another one.",
    ),
    (
        "classes",
        {"Default": ["b"], "signal": ["s"]},
        "config key `classes.Default`: the name is taken: `fom.systematic` calls all that it does "
        "not list so; choose another one.",
    ),
    (
        "classes",
        {"Signal": ["b"], "signal": ["s"]},
        "config key `classes.signal`: differs from `Signal` in upper and lower case alone; choose "
        "another name.",
    ),
    (
        "selection",
        {"all": "x > 0"},
        "config key `selection.all`: the name is taken: the cutflow calls its first step so, where "
        "nothing is cut yet; choose another one.",
    ),
    (
        "importance.groups",
        {"x": ["x", "y"]},
        "config key `importance.groups.x`: an input of the network is called so, which stands in "
        "the same table; choose another name for the group.",
    ),
    (
        "importance.groups",
        {"both": ["x", "yy"]},
        "config key `importance.groups.both`: `yy` is no input of the network; did you mean `y`?",
    ),
    (
        "normalise.steps",
        [{"step": "pca", "components": 3}],
        "config key `normalise.steps[0].components`: found 3, expected at most 2, the number of "
        "features that the step takes.",
    ),
    (
        "normalise.steps",
        [{"step": "minmax", "components": 1}],
        "config key `normalise.steps[0].components`: goes with the step `pca` alone, found "
        "`minmax`; remove it.",
    ),
    (
        "normalise.steps",
        [{"step": "standard", "quantiles": 10}],
        "config key `normalise.steps[0].quantiles`: goes with the step `quantile` alone, found "
        "`standard`; remove it.",
    ),
    (
        "normalise.steps",
        [{"step": "log", "features": ["x", "x"]}],
        "config key `normalise.steps[0].features`: `x` is listed twice; list it once.",
    ),
    (
        "normalise.steps",
        [{"step": "pca", "components": 1}, {"step": "log", "features": ["x"]}],
        "config key `normalise.steps[1].features`: `x` is no feature; known: pca_1.",
    ),
    (
        "input.files",
        [{"path": "nowhere/*.root"}],
        "config key `input.files[0].path`: no file matches 'nowhere/*.root'; paths are relative to "
        "the folder in which snakemake runs.",
    ),
    (
        "processes",
        {"b": {"cross_section": 1.0, "generated": {"column": "w"}}},
        "config key `processes.b.generated.column`: needs every input file to name its `process`, "
        "since the sum is over whole files; give the number itself instead.",
    ),
]


@pytest.mark.parametrize(("key", "value", "expected"), SEMANTIC_FAULTS)
def test_semantic_faults(study, key, value, expected):
    config = changed(study, key, value)
    if expected is None:
        config["classes"]["other"] = ["o"]
        expected = (
            "config key `model.output`: `sigmoid` is for two classes, found 3; use `softmax` or "
            "`auto`."
        )
    assert message(config) == expected


def test_balance_that_needs_a_signal(study):
    del study["signal_class"]
    assert message(study) == (
        "config key `balance.scheme`: `sum` needs a `signal_class`; name it, or use `equal` or "
        "`none`."
    )


def test_a_file_without_any_process(study):
    del study["columns"]["process"]
    assert message(study) == (
        "config key `input.files[0].process`: missing; name the process of the file's events, or "
        "the column that holds it in `columns.process`."
    )


def test_pre_split_inputs_fill_every_sample_and_have_factors(study):
    study["input"]["files"] = [{"path": "events.csv", "sample": "train"}]
    assert message(study).splitlines() == [
        "config key `input.files`: no file has `sample: validation`; an input that is split "
        "already needs all three samples.",
        "config key `input.files`: no file has `sample: test`; an input that is split already "
        "needs all three samples.",
        "config key `yields.split_factors`: missing; inputs that are split already need the factor "
        "by which each sample's weights are multiplied (`{train: 4, validation: 4, test: 2}` for "
        "25/25/50 %).",
    ]


def test_a_sample_of_its_own_stands_beside_files_that_are_split(study):
    Path("more.csv").touch()
    files = [{"path": "events.csv"}, {"path": "more.csv", "sample": "test"}]
    fractions = {"train": 0.7, "validation": 0.3, "test": 0}
    study |= {"split": {"fractions": fractions}, "input": {"files": files}}
    found = complete(study, SCHEMA)
    assert found["split"]["fractions"] == fractions
    assert yield_settings(found)["split_sources"] == ["more"]
    assert yield_settings(found)["measured"] is False
    study["yields"] = {"split_factors": dict.fromkeys(columns.SAMPLES, 2.0)}
    assert yield_settings(complete(study, SCHEMA))["split_sources"] == ["more"]
    files[1]["sample"] = "validation"
    assert message(study) == (
        "config key `split.fractions.test`: found 0, though no file has `sample: test`; give a "
        "share above 0, or a file of that sample."
    )


def test_inputs_without_weights_need_no_factors(study):
    """Only a weight, or a cross-section, says what an event stands for."""
    files = [{"path": "events.csv", "sample": sample} for sample in columns.SAMPLES]
    study["input"]["files"] = files
    assert "split_factors" in message(study)
    study["columns"]["weight"] = []
    assert yield_settings(complete(study, SCHEMA))["measured"] is True
    study["input"]["files"] = [*files[:2], {**files[2], "weight": ["w"]}]
    assert "split_factors" in message(study)


def test_an_expression_that_cannot_be_read_is_named_by_its_key(study):
    text = message(changed(study, "selection", {"tight": "x >"}))
    assert text.startswith("config key `selection.tight`: ")


def test_all_faults_are_told_at_once(study):
    config = changed(changed(study, "columns.features", ["x", "x"]), "signal_class", "sig")
    assert len(message(config).splitlines()) == 2


def test_sources_are_named_after_files_and_told_apart(study):
    for folder in ("2016", "2017"):
        Path(folder).mkdir()
        Path(folder, "ttbar.csv.gz").touch()
    study["input"]["files"] = [{"path": "201*/ttbar.csv.gz"}, {"path": "events.csv"}]
    files = input_files(complete(study, SCHEMA))
    assert list(files) == ["2016-ttbar", "2017-ttbar", "events"]
    assert files["2016-ttbar"]["format"] == "csv"


@pytest.mark.parametrize("stem", ["a" * 25, "run_" + "0" * 30, "ab" * 20, "x-" * 40, "_" * 21])
def test_a_file_name_of_repeats_is_a_source_that_snakemake_takes(study, stem):
    periodic = PeriodicityDetector().is_periodic
    assert periodic(stem)
    Path(f"{stem}.csv").touch()
    study["input"]["files"] = [{"path": f"{stem}.csv"}]
    (source,) = input_files(complete(study, SCHEMA))
    assert periodic(source) is None
    assert source.startswith(stem)


def test_a_file_that_is_listed_later_renames_none_before_it(study):
    """A source's name is its folder of results: another one would be read all over again."""
    for folder in ("2016", "2017", "2018/a", "2018/b"):
        Path(folder).mkdir(parents=True)
        Path(folder, "ttbar.csv").touch()
    entries = [{"path": f"{folder}/ttbar.csv"} for folder in ("2016", "2017", "2018/*")]
    before: dict[str, object] = {}
    for count in (1, 2, 3):
        study["input"]["files"] = entries[:count]
        files = input_files(complete(study, SCHEMA))
        assert before.items() <= files.items()
        before = files
    assert list(before) == ["2017-ttbar", "a-ttbar", "b-ttbar", "ttbar"]
    assert before["ttbar"]["path"] == "2016/ttbar.csv"


def test_trees_of_one_file_and_files_of_one_stem_are_sources_of_their_own(study):
    for name in ("mc.root", "a.csv", "a.parquet"):
        Path(name).touch()
    study["input"]["files"] = [
        {"path": "mc.root", "tree": "TreeS", "process": "s"},
        {"path": "mc.root", "tree": "TreeB", "process": "b"},
        {"path": "a.csv"},
        {"path": "a.parquet"},
    ]
    files = input_files(complete(study, SCHEMA))
    assert list(files) == ["a", "a.parquet", "mc-TreeB", "mc-TreeS"]
    assert files["mc-TreeB"]["tree"] == "TreeB"


def test_files_whose_names_differ_in_odd_characters_alone_are_all_kept(study):
    for name in ("a b.csv", "a_b.csv"):
        Path(name).touch()
    study["input"]["files"] = [{"path": "a*b.csv"}]
    files = input_files(complete(study, SCHEMA))
    assert sorted(file["path"] for file in files.values()) == ["a b.csv", "a_b.csv"]


def test_a_file_listed_twice_is_an_error(study):
    study["input"]["files"] *= 2
    full = complete(study, SCHEMA)
    with pytest.raises(ConfigError, match="listed twice; list it once"):
        input_files(full)


def test_the_luminosity_enters_ingest_only_where_a_file_has_its_own(study):
    study["yields"] = {"luminosity": 100.0}
    assert ingest_settings(complete(study, SCHEMA))["luminosity"] == 1.0
    study["input"]["files"][0]["luminosity"] = 50.0
    assert ingest_settings(complete(study, SCHEMA))["luminosity"] == 100.0


def of_process(study, *files, **facts):
    """Return the study with these files, all of the process s, and what is known of it."""
    (entry,) = study["input"]["files"]
    study["input"]["files"] = [{**entry, "process": "b"}, *({**entry, **f} for f in files)]
    for number, file in enumerate(study["input"]["files"]):
        file["path"] = f"events-{number}.csv"
        Path(file["path"]).write_text("x,y,w\n")
        file.setdefault("process", "s")
    study["columns"].pop("process", None)
    study["processes"] = {"s": {"cross_section": 2.0, **facts}}
    return study


NUMBER = (
    "config key `processes.s.generated`: found 1000, while its files are of 2 periods or "
    "luminosities, so that it cannot be known whether the number is of one of them or of all. "
    "Give `input.files[].generated` to each file instead, or `{column: NAME}`."
)


@pytest.mark.parametrize(
    ("files", "facts", "expected"),
    [
        ([{"luminosity": 36.0}, {"luminosity": 41.5}], {"generated": 1000}, NUMBER),
        (
            [{"luminosity": 36.0, "period": "a"}, {"luminosity": 36.0, "period": "b"}],
            {"generated": 1000},
            NUMBER,
        ),
        (
            [{"luminosity": 36.0}, {}],
            {"generated": 1000},
            "config key `input.files[2].luminosity`: missing, while other files of the process 's' "
            "have their own; give it for all of them or for none.",
        ),
        (
            [{"luminosity": 36.0, "period": "a"}, {"luminosity": 37.0, "period": "a"}],
            {"generated": {"column": "w"}},
            "config key `input.files[2].luminosity`: found 37, another one than in the files "
            "before of the process 's' and the period 'a'; one period has one luminosity.",
        ),
        (
            [{"period": "a"}],
            {"generated": 1000},
            "config key `input.files[1].luminosity`: missing beside `period`; give the period's "
            "luminosity.",
        ),
        (
            [{"generated": 1000}, {}],
            {},
            "config key `input.files[2].generated`: missing, while other files of the process 's' "
            "have it; give it for all of them or for none.",
        ),
        (
            [{}],
            {},
            "config key `processes.s.generated`: missing; give the number of generated events, or "
            "`{column: NAME}` for the sum of a column, or `generated` to each of its files.",
        ),
        (
            [{"generated": 5, "process": "b"}],
            {"generated": 1000},
            "config key `input.files[1].generated`: goes with the cross-section of the file's "
            "process; give the file a `process`, and that its `cross_section` in `processes`.",
        ),
    ],
)
def test_what_a_process_is_normalised_to_must_be_known(study, files, facts, expected):
    assert message(of_process(study, *files, **facts)) == expected


@pytest.mark.parametrize(
    ("files", "facts"),
    [
        ([{"luminosity": 36.0}, {"luminosity": 36.0}], {"generated": 1000}),
        ([{"luminosity": 36.0}, {"luminosity": 41.5}], {"generated": {"column": "w"}}),
        ([{"luminosity": 36.0, "generated": 5}, {"luminosity": 41.5, "generated": 6}], {}),
    ],
)
def test_what_a_process_is_normalised_to_is_known(study, files, facts):
    assert complete(of_process(study, *files, **facts), SCHEMA)


def test_a_process_that_no_class_takes_is_refused(study):
    study["processes"] = {"sgnal": {"cross_section": 1.0, "generated": 5}}
    assert message(study) == (
        "config key `processes.sgnal`: no class takes this process, so that it would be ignored; "
        "known: b, s."
    )


def test_values_are_of_the_type_of_their_key(study):
    study["classes"] = {"background": [0, "b", 1.5, True], "signal": [1, 2.0]}
    study["training"] = {"epochs": 1e3, "learning_rate": "1e-3", "batch_size": "5e2"}
    study["fom"] = {"systematic": "1.5e-1", "min_background_entries": "20"}
    study["input"]["missing_values"] = [float("nan"), "-999"]
    study["scan"] = {"training.batch_size": [1e2, "2e2"], "training.learning_rate": ["1e-4"]}
    full = complete(study, SCHEMA)
    assert full["classes"] == {"background": ["0", "b", "1.5", "true"], "signal": ["1", "2"]}
    training = full["training"]
    assert (training["epochs"], type(training["epochs"])) == (1000, int)
    assert (training["learning_rate"], training["batch_size"]) == (1e-3, 500)
    assert (full["fom"]["systematic"], full["fom"]["min_background_entries"]) == (0.15, 20)
    assert full["input"]["missing_values"] == ["nan", -999]
    assert full["scan"] == {
        "training.batch_size": [100, 200],
        "training.learning_rate": [1e-4],
    }
    assert all(type(value) is int for value in full["scan"]["training.batch_size"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("key", ["training.learning_rate", "yields.luminosity", "fom.systematic"])
def test_numbers_are_finite(study, key, value):
    assert f"config key `{key}`: found {value}, expected a finite number." in message(
        changed(study, key, value)
    )


def test_a_key_that_stands_twice_is_named_with_its_lines(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("study: a\nfom:\n  cuts: {low: 0, low: 1}\nfom:\n  x: [{y: 1, y: 2}]\n")
    with pytest.raises(ConfigError) as error:
        refuse_repeated_keys([path])
    assert set(str(error.value).splitlines()) == {
        f"{path}: config key `fom`: stands on line 2 and again on line 4; keep one of them.",
        f"{path}: config key `fom.cuts.low`: stands on line 3 and again on line 3; keep one of "
        "them.",
        f"{path}: config key `fom.x[0].y`: stands on line 5 and again on line 5; keep one of them.",
    }


def test_steps_after_a_pca_and_groups_may_take_its_components(study):
    study["columns"]["features"] = ["x", "y", "z"]
    study["normalise"] = {
        "steps": [
            {"step": "pca", "features": ["x", "y"], "components": 1},
            {"step": "minmax", "features": ["z", "pca_1"]},
            {"step": "pca", "features": ["pca_1"]},
        ]
    }
    study["importance"] = {"groups": {"both": ["z", "pca_2"]}}
    assert complete(study, SCHEMA)


def test_groups_are_of_the_first_scan_points_inputs(study):
    study["importance"] = {"groups": {"both": ["x", "y"]}}
    study["scan"] = {"normalise.steps": [["minmax"], ["pca"]]}
    assert complete(study, SCHEMA)
    study["scan"] = {"normalise.steps": [["pca"], ["minmax"]]}
    assert message(study).splitlines() == [
        f"config key `importance.groups.both`: `{name}` is no input of the network; known: pca_1, "
        "pca_2."
        for name in ("x", "y")
    ]


def test_every_reserved_name_has_a_meaning_in_the_code():
    assert set(RESERVED_CLASSES) == {roc.ALL, selection.DEFAULT}
    assert set(RESERVED_CUTS) == {ALL_EVENTS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "no: [b]",
            "config key `classes`: found the key False, expected a text. YAML takes yes, no, on, "
            "off, true, false, null and dates for values: put the key in quotes.",
        ),
        (
            "2016-01-01: [b]",
            "config key `classes`: found the key datetime.date(2016, 1, 1), expected a text. YAML "
            "takes yes, no, on, off, true, false, null and dates for values: put the key in "
            "quotes.",
        ),
    ],
)
def test_a_key_that_yaml_takes_for_a_value_is_refused(study, text, expected):
    study["classes"] = yaml.safe_load(f"{text}\nsignal: [s]")
    assert message(study) == expected


def test_keys_that_are_numbers_are_names(study):
    study["classes"] = {0: ["b"], 1: ["s"]}
    study["signal_class"] = "1"
    study["yields"] = {"total_yield": {1: 5}}
    full = complete(study, SCHEMA)
    assert full["classes"] == {"0": ["b"], "1": ["s"]}
    assert full["yields"]["total_yield"] == {"1": 5}


def test_a_name_ends_where_its_line_does(study):
    assert "config key `study`: found 'toy\\n'" in message(changed(study, "study", "toy\n"))


@pytest.mark.parametrize(
    ("made", "given"),
    [
        ("run[1]/d.csv", "run[1]/d.csv"),
        ("run1/d.csv", "run[1]/d.csv"),
        ("dollar$x/d.csv", "dollar$x/d.csv"),
        ("~/d.csv", "~/d.csv"),
        ("home/d.csv", "~/d.csv"),
        ("home/d.csv", "$HOME/d.csv"),
        ("home/2016/d.csv", "${HOME}/*/d.csv"),
        ("home/2016/d.csv", "~/**/d.csv"),
        ("what?/d.csv", "what?/d.csv"),
        ("with space/d 1.csv", "with space/d 1.csv"),
        ("ünï/dé.csv", "ünï/dé.csv"),
        ("one{/d}.csv", "one{/d}.csv"),
    ],
)
def test_a_path_is_found_as_it_is_written_and_else_expanded(study, monkeypatch, made, given):
    monkeypatch.setenv("HOME", str(Path("home").resolve()))
    Path(made).parent.mkdir(parents=True)
    Path(made).touch()
    study["input"]["files"] = [{"path": given}]
    (file,) = input_files(complete(study, SCHEMA)).values()
    assert Path(file["path"]).samefile(made)


def test_a_literal_path_comes_before_what_it_matches_as_a_pattern(study):
    for name in ("run[1].csv", "run1.csv"):
        Path(name).touch()
    study["input"]["files"] = [{"path": "run[1].csv"}]
    assert [file["path"] for file in input_files(complete(study, SCHEMA)).values()] == [
        "run[1].csv"
    ]


@pytest.mark.parametrize(
    ("made", "given", "expected"),
    [
        (
            "m{chi}/d.csv",
            "m{chi}/d.csv",
            "found 'm{chi}/d.csv'; Snakemake takes a word in braces for a wildcard, so that no "
            "input file can have one in its path. Rename it, or make a link to it.",
        ),
        (
            "data/2016.csv",
            "data/",
            "'data/' is a folder; name its files, as in `data/*.root`.",
        ),
        (
            "data/2016.dat",
            "data/*",
            "data/2016.dat: the ending tells no format; known endings are .csv, .csv.gz, .h5, "
            ".hdf, .hdf5, .npz, .parquet, .pq, .root, .txt, .txt.gz. Rename the file or set its "
            "`format`.",
        ),
    ],
)
def test_a_path_that_cannot_be_read_is_refused(study, made, given, expected):
    Path(made).parent.mkdir()
    Path(made).touch()
    study["input"]["files"] = [{"path": given}]
    assert message(study) == f"config key `input.files[0].path`: {expected}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"path": "https://example.org/d.root"},
            "found 'https://example.org/d.root', expected a file on a file system that every job "
            "sees, or a ROOT file at `root://`. Copy it there.",
        ),
        (
            {"path": "root://server//data/*.root"},
            "found 'root://server//data/*.root'; patterns are for files at hand: list each remote "
            "file.",
        ),
        (
            {"path": "root://server//d.csv", "format": "csv"},
            "found 'root://server//d.csv'; only ROOT files are read at an address.",
        ),
        (
            {"path": "root://server//no.root"},
            "'root://server//no.root' cannot be reached (no such file); correct the address, or "
            "copy the file.",
        ),
    ],
)
def test_an_address_that_cannot_be_read_is_refused(study, monkeypatch, given, expected):
    class Served(fsspec.AbstractFileSystem):
        def info(self, path, **options):
            if path.endswith("no.root"):
                raise FileNotFoundError("no such file")
            return {"name": path, "size": 5, "type": "file"}

    monkeypatch.setitem(_registry, "root", Served)
    study["input"]["files"] = [given]
    assert message(study) == f"config key `input.files[0].path`: {expected}"


@pytest.mark.skipif(
    importlib.util.find_spec("fsspec_xrootd") is not None, reason="fsspec-xrootd is installed"
)
def test_a_remote_file_is_refused_with_what_to_do(study):
    study["input"]["files"] = [{"path": "root://eosuser.cern.ch//eos/user/x/d.root"}]
    assert message(study) == (
        "config key `input.files[0].path`: found 'root://eosuser.cern.ch//eos/user/x/d.root', but "
        "fsspec-xrootd, which reads such files, is not installed. Install it beside winnow on "
        "every machine, copy the file (`xrdcp root://eosuser.cern.ch//eos/user/x/d.root .`), or "
        "give the path at which it is mounted (`/eos/...`)."
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (
            "columns.spectators",
            ["m", "m"],
            "config key `columns.spectators`: `m` is listed twice; list it once.",
        ),
        (
            "columns.derived",
            {"r": "x +"},
            "config key `columns.derived.r`: ",
        ),
        (
            "range_test",
            {"start": 0.1, "stop": 0.01},
            "config key `range_test.stop`: found 0.01, expected above `range_test.start`, which is "
            "0.1.",
        ),
        (
            "fom.systematic",
            {"s": 0.1},
            "config key `fom.systematic.s`: no background process or class is called so; expected "
            "`default`, one of the classes background, or one of their processes.",
        ),
        (
            "fom.signal",
            ["b"],
            "config key `fom.signal`: 'b' is no process of the signal class; its processes are s.",
        ),
        (
            "fom.cuts",
            {"low": 0.5, "high": 0.5, "count": 3},
            "config key `fom.cuts.high`: found 0.5, expected above `fom.cuts.low`, which is 0.5.",
        ),
        (
            "fom.bins",
            {"edges": [0, 0.5, 0.5]},
            "config key `fom.bins.edges`: found [0, 0.5, 0.5], expected each edge above the one "
            "before.",
        ),
        (
            "input.files",
            [{"path": "events.csv", "class": "sig"}],
            "config key `input.files[0].class`: found 'sig', expected one of the classes "
            "background, signal.",
        ),
        (
            "input.files",
            [{"path": "events.csv", "process": "t"}],
            "config key `input.files[0].process`: 't' belongs to no class; list it in `classes`, "
            "or give the file a `class`.",
        ),
        (
            "scan",
            {"zip": {"training.epochs": [1, 2], "training.decay": [0.1]}},
            "config key `scan.zip`: found lists of {'training.epochs': 2, 'training.decay': 1} "
            "values, expected lists of one length",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(study, key, value, expected):
    (line,) = message(changed(study, key, value)).splitlines()
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("input.files", [{"path": "events.csv", "tree": "t"}], "input.files[0].tree"),
        ("input.files", [{"path": "events.csv", "key": "t"}], "input.files[0].key"),
        (
            "input.files",
            [{"path": "events.csv", "format": "root", "decimal": ","}],
            "input.files[0].decimal",
        ),
        ("input.files", [{"path": "events.csv", "weight": ["w", "w"]}], "input.files[0].weight"),
        ("columns.weight", ["w", "w"], "columns.weight"),
        ("columns.event_id", ["n", "n"], "columns.event_id"),
        ("columns.derived", {"process": "x + y"}, "columns.derived.process"),
        ("fom.bins", {"edges": [0, 0.5, 1], "count": 2}, "fom.bins.count"),
        ("fom.bins", {"edges": [0, 0.5, 1], "kind": "equal_width"}, "fom.bins.kind"),
    ],
)
def test_a_key_that_does_nothing_is_refused(study, key, value, expected):
    (line,) = message(changed(study, key, value)).splitlines()
    assert line.startswith(f"config key `{expected}`: ")


@pytest.mark.parametrize(
    ("classes", "ignore", "key"),
    [
        ({"background": ["b", "s"], "signal": ["s"]}, [], "classes.signal"),
        ({"background": ["*"], "signal": ["s"]}, [], "classes.signal"),
        ({"background": ["b", "s*"], "signal": ["s?"]}, [], "classes.signal"),
        ({"background": ["b"], "signal": ["s"]}, ["*"], "ignore"),
        ({"background": ["b"], "signal": ["s"]}, ["s"], "ignore"),
        ({"background": ["b"], "signal": ["s1"]}, ["s*"], "ignore"),
    ],
)
def test_a_process_that_a_class_lists_and_never_gets_is_refused(study, classes, ignore, key):
    (line,) = message(study | {"classes": classes, "ignore": ignore}).splitlines()
    assert line.startswith(f"config key `{key}`: ")


def test_patterns_may_stand_after_and_beside_what_they_take(study):
    study["classes"] = {"signal": ["s"], "other": ["s?"], "background": ["*"]}
    assert complete(study | {"ignore": ["s2"]}, SCHEMA)["ignore"] == ["s2"]


def test_what_needs_a_signal_is_refused_without_one(study):
    del study["signal_class"]
    study["balance"] = {"scheme": "equal"}
    study["export"] = {"scores": True, "fom_table": True}
    assert message(study).splitlines() == [
        f"config key `export.{name}`: needs a `signal_class`, whose score it writes; name it, or "
        "leave the export out."
        for name in ("scores", "fom_table")
    ]


TRUTH = {"background": "p_b", "signal": "p_s"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"columns": ["x", "z"]},
            "config key `calibration.columns`: `z` is neither a feature nor a spectator; list it "
            "in `columns.spectators`.",
        ),
        (
            {"columns": ["x"], "truth": {**TRUTH, "signals": "p_s"}},
            "config key `calibration.truth.signals`: no class has this name; did you mean "
            "`signal`?",
        ),
        (
            {"columns": ["x"], "truth": {**TRUTH, "signal": "y"}},
            "config key `calibration.truth.signal`: `y` is no spectator; list it in "
            "`columns.spectators`, which no network sees.",
        ),
        (
            {"columns": ["x"], "truth": {"signal": "p_s"}},
            "config key `calibration.truth`: the classes background are missing; give the column "
            "of each.",
        ),
    ],
)
def test_what_calibration_needs_must_be_at_hand(study, given, expected):
    study["columns"]["spectators"] = ["p_b", "p_s"]
    for right in ({"columns": ["x", "p_s"]}, {"columns": ["y"], "truth": TRUTH}):
        assert complete(study | {"calibration": right}, SCHEMA)["calibration"]["bins"] == 20
    assert "calibration" not in complete(study, SCHEMA)
    assert message(study | {"calibration": given}) == expected


def test_a_simulators_key_is_refused_beside_another(study):
    simulated = {"events": {"tracks": 100}, "simulator": "tracks"}
    assert complete(study | {"simulate": simulated}, SCHEMA)["simulate"] == {
        **simulated,
        "chunk": 100000,
    }
    assert message(study | {"simulate": {**simulated, "columns": "binary"}}) == (
        "config key `simulate.columns`: goes with the simulator stop, found `tracks`; remove it."
    )


def test_folds_of_files_that_are_split_already_are_refused(study):
    files = [{"path": f"{sample}.csv", "sample": sample} for sample in columns.SAMPLES]
    for file in files:
        Path(file["path"]).touch()
    study |= {"folds": 3, "yields": {"split_factors": dict.fromkeys(columns.SAMPLES, 1)}}
    study["input"]["files"] = files
    assert message(study) == (
        "config key `folds`: found, while input files name their `sample`; folds share out all "
        "events anew, so remove `sample` from the files, or `folds`."
    )


@pytest.mark.parametrize("folds", [1, 2, 101, 128])
def test_a_number_of_folds_that_cannot_be_is_refused(study, folds):
    assert message(study | {"folds": folds}).startswith(f"config key `folds`: found {folds}, ")
    assert complete(study | {"folds": 100}, SCHEMA)["folds"] == 100


def test_the_order_in_which_keys_are_written_changes_nothing(study):
    """Snakemake compares params as they stand: another order would train anew."""
    study["training"] = {"epochs": 3, "phases": [{"epochs": 2, "learning_rate": 0.1}]}
    study["model"] = {"dropout": 0.1, "layers": [8]}
    other = deepcopy(study)
    other["training"] = {"phases": [{"learning_rate": 0.1, "epochs": 2}], "epochs": 3}
    other["model"] = {"layers": [8], "dropout": 0.1, "activation": "swish"}
    other = dict(reversed(other.items()))
    assert json.dumps(complete(study, SCHEMA)) == json.dumps(complete(other, SCHEMA))


# A file of one's own, and ways to write a value --------------------------------------------------


def test_a_family_does_nothing_beside_a_file_of_ones_own(study):
    Path("own.py").touch()
    study["model"] = {"module": "own.py", "family": "residual"}
    told = "config key `model.family`: does nothing beside `model.module`, which takes its place;"
    assert message(study).startswith(told)
    study["model"] = {"module": "own.py"}
    study["scan"] = {"model.family": ["dense", "residual"]}
    assert told in message(study)


def test_a_file_of_ones_own_imports_no_other_beside_it(study):
    """What that one holds would not be seen to change."""
    Path("own.py").write_text("import keras\nfrom helper import UNITS\n")
    Path("helper.py").write_text("UNITS = 5\n")
    study["model"] = {"module": "own.py"}
    assert message(study).startswith("config key `model.module`: own.py imports 'helper' from ")
    Path("helper.py").unlink()
    assert complete(study, SCHEMA)


def test_two_ways_to_write_a_value_are_one_config(study):
    study["model"] = {"l2": 0, "layers": [8]}
    study["training"] = {"epochs": 5, "decay": 0}
    study["normalise"] = {"impute": 1}
    first = complete(study, SCHEMA)
    study["model"] = {"layers": [8.0], "l2": "0.0"}
    study["training"] = {"decay": 0.0, "epochs": "5e0"}
    study["normalise"] = {"impute": 1.0}
    assert repr(complete(study, SCHEMA)) == repr(first)


def test_the_order_of_a_scanned_values_keys_names_no_other_point(study):
    phases = [{"epochs": 1, "schedule": {"final": 0.1, "kind": "linear"}}]
    turned = [{"schedule": {"kind": "linear", "final": 0.1}, "epochs": 1}]
    named = []
    for value in (phases, turned):
        study["scan"] = {"training.phases": [value]}
        named.append(list(scan_points(complete(study, SCHEMA))))
    assert named[0] == named[1]
