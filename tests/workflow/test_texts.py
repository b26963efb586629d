"""Every free text of a config is plain text to Snakemake and to matplotlib, braces included."""

from pathlib import Path

import pytest

from toy import run_snakemake, write_study
from winnow.study.schema import load_schema, resolve

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
ODD = [r"{x}", r"{study}", r"$\sqrt{s}$ = 13 TeV"]

# texts that are no free texts: names of wildcards, expressions, files that must be there as a whole
CHECKED = {
    "study",
    "signal_class",
    "input.files[].class",
    "input.files[].delimiter",
    "columns.derived.*",
    "columns.lists.*",
    "images.objects.*",
    "images.classes[]",
    "columns.sample",
    "selection.*",
    "variations.*.up.*",
    *(f"variations.*.{own}.files[].delimiter" for own in ("up", "down")),
    *(f"variations.*.{own}.files[].class" for own in ("up", "down")),
    "variations.*.down.*",
    "model.module",
    "model.function",
    "transform.training.decorrelation.spectator",  # of a copy, which no score is made of
    "parameter.column",  # not beside files that are applied
    "parameter.unit",
    "apply.files[].delimiter",
    "apply.model",
    "apply.tree",
    "apply.branches.*",
    "plots.colours.*",
    "plots.luminosity_unit",  # not where files have luminosities of their own
}


def text_places(schema, place=""):
    """List the places of a schema where any text may stand, `[]` and `.*` for their members."""
    schema = resolve(schema, SCHEMA)
    for option in schema.get("anyOf", []):
        yield from text_places(option, place)
    if schema.get("type") == "string":
        yield place
    for name, child in schema.get("properties", {}).items():
        yield from text_places(child, f"{place}.{name}".removeprefix("."))
    if isinstance(schema.get("items"), dict):
        yield from text_places(schema["items"], f"{place}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from text_places(schema["additionalProperties"], f"{place}.*")


def texts(value, place=""):
    """List (place, text) of a config, its keys that are no property as `place.*`."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, f"{place}[]")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, f"{place}.{name}".removeprefix("."))
            yield from texts(item, f"{place}.*")


def study(odd):
    """Return a config with the odd text wherever a text is free, and the columns of its files."""
    column = {name: f"{name} {odd}" for name in ("w", "id", "process", "mass", "gen")}
    # what Snakemake takes for wildcards in a path is refused
    path = odd.replace("{", "(").replace("}", ")")
    columns = [odd, f"y {odd}", "z", *column.values()]
    titles = SCHEMA["properties"]["plots"]["properties"]["titles"]["properties"]
    config = {
        "study": "toy",
        "input": {
            "files": [
                {
                    "path": f"s {path}.csv",
                    "process": f"s {odd}",
                    "period": odd,
                    "luminosity": 2.0,
                    "weight": [column["w"]],
                },
                {"path": f"b {path}.csv", "process": f"b {odd}"},
                {"path": f"i {path}.csv", "process": f"i {odd}"},
                {"path": f"headless {path}.csv", "process": f"b {odd}", "columns": columns},
            ]
        },
        "columns": {
            "features": [odd, {"name": f"y {odd}", "unit": odd, "label": odd}],
            "weight": [column["w"]],
            "process": column["process"],
            "event_id": [column["id"]],
            "spectators": [column["mass"]],
            "derived": {f"derived {odd}": "2 * z"},
        },
        "selection": {f"cut {odd}": "z > 0"},
        "processes": {
            f"s {odd}": {"cross_section": 1.0, "generated": {"column": column["gen"]}},
        },
        "ignore": [f"i {odd}"],
        "classes": {"background": [f"b {odd}"], "signal": [f"s {odd}"]},
        "signal_class": "signal",
        "importance": {"groups": {f"group {odd}": [odd]}},
        "normalise": {"steps": [{"step": "minmax", "features": [odd]}]},
        "balance": {"planing": {"column": odd}},
        "training": {"decorrelation": {"spectator": column["mass"], "strength": 1.0}},
        "fom": {"signal": [f"s {odd}"], "systematic": {f"b {odd}": 0.1}},
        "calibration": {
            "columns": [odd, column["mass"]],
            "truth": dict.fromkeys(("background", "signal"), column["mass"]),
        },
        "sculpting": [column["mass"]],
        "variations": {
            "scale": {"up": {odd: "2 * z"}, "down": {column["w"]: "z"}},
            "tune": {
                direction: {
                    "files": [
                        {
                            "path": f"{direction} {path}.csv",
                            "columns": columns,
                            "process": f"b {odd}",
                            "period": odd,
                            "weight": [column["w"]],
                        }
                    ]
                }
                for direction in ("up", "down")
            },
        },
        "apply": {
            "files": [{"path": f"a {path}.csv", "columns": columns}],
            "spectators": [column["mass"]],
            "draw": [column["mass"]],
        },
        "plots": {
            "label": odd,
            "titles": dict.fromkeys(titles, odd),
            "spectators": {column["mass"]: {"label": odd, "unit": odd}},
            "labels": {f"s {odd}": odd},
            "energy": odd,
        },
    }
    return config, columns


def test_the_study_of_these_tests_has_a_text_wherever_one_may_stand():
    config, _ = study("{x}")
    found = {place for place, text in texts(config) if "{x}" in text or "(x)" in text}
    # their format has them: ROOT and HDF5
    sections = ("input", "apply", "variations.*.up", "variations.*.down")
    formats = {f"{own}.files[].{key}" for own in sections for key in ("tree", "key")}
    missing = set(text_places(SCHEMA)) - found - CHECKED - formats
    assert missing == set()


@pytest.mark.parametrize("odd", ODD)
def test_braces_and_dollars_are_plain_text(tmp_path, odd):
    config, columns = study(odd)
    own = [file for d in config["variations"]["tune"].values() for file in d["files"]]
    for file in [*config["input"]["files"], *config["apply"]["files"], *own]:
        header = [] if "columns" in file else [",".join(columns)]
        rows = ["1,2,3,1,7,b,3,1"]
        Path(tmp_path, file["path"]).write_text("\n".join([*header, *rows]) + "\n")
    write_study(tmp_path, config)
    targets = ["all", "range_test", "importance_summary"]
    run_snakemake(tmp_path, "-n", *targets, "--configfile", "study.yaml")
