"""What a config says of pictures: keys that do not fit each other, and columns that leak."""

from copy import deepcopy
from pathlib import Path

import pytest

from winnow.errors import ConfigError
from winnow.study.keys.images import images
from winnow.study.scan import scan_points
from winnow.study.schema import load_schema
from winnow.study.sections import complete, ingest_settings, yield_settings

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")

JETS = {
    "study": "toy",
    "input": {"files": [{"path": "a.npz"}]},
    "columns": {"process": "label", "features": ["ht"], "derived": {"ht": "Sum$(pt)"}},
    "classes": {"b": ["0"], "s": ["1"]},
    "balance": {"scheme": "equal"},
    "images": {"kind": "jets", "objects": {"pt": "pt", "eta": "eta", "phi": "phi"}},
    "model": {"family": "convolutional"},
}
HITS = {
    **JETS,
    "classes": {"event": ["*"]},
    "images": {
        "kind": "hits",
        "objects": {name: name for name in ("plane", "wire", "x", "charge", "class")},
        "wire": [0, 10],
        "x": [0, 5],
    },
    "model": {"family": "unet"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.npz").touch()


def changed(config, changes):
    own = deepcopy(config)
    for dotted, value in changes.items():
        *sections, name = dotted.split(".")
        place = own
        for section in sections:
            place = place.setdefault(section, {})
        if value is None:
            del place[name]
        else:
            place[name] = value
    return own


@pytest.mark.parametrize("config", [JETS, HITS])
def test_a_study_on_pictures_is_complete(config):
    own = complete(config, SCHEMA)
    keys = images(own["images"])
    assert ingest_settings(own)["objects"] == list(keys.columns)
    assert keys.shape == ((40, 40, 1) if config is JETS else (3, 40, 40, 1))


@pytest.mark.parametrize(
    ("config", "changes", "told"),
    [
        (JETS, {"images.objects": {"px": "a", "py": "b"}},
         "`images.objects`: found px, py, expected the columns of px, py, pz or pt, eta, phi."),
        (JETS, {"images.objects": None}, "`images.objects`: found nothing"),
        (JETS, {"images.steps": ["centre", "centre"]}, "`centre` stands twice"),
        (JETS, {"images.planes": 2}, "`images.planes`: goes with the kind hits, found `jets`"),
        (JETS, {"images.stps": []}, "did you mean `steps`?"),
        (JETS, {"model.family": "unet"}, "which pictures of `jets` do not have"),
        (JETS, {"classes": {"s": ["*"]}}, "`classes`: found s alone, expected at least 2"),
        (JETS, {"apply.friends": True}, "`apply`: scores tables of features alone"),
        (JETS, {"export.formats": ["onnx"]}, "`export.formats`: `onnx` takes a table"),
        (JETS, {"columns.lists": {"k": "a_"}}, "`columns.lists.k`: found 'a_', expected the name"),
        (JETS, {"columns.lists": {"k": "*_*"}}, "with one star"),
        (JETS, {"images": None, "model.family": "unet"}, "make pictures of `hits`"),
        (HITS, {"model.family": "dense"}, "have a class for each pixel, not one an event"),
        (HITS, {"signal_class": "event"}, "`signal_class`:"),
        (HITS, {"images.wire": [3, 3]}, "`images.wire`: found [3, 3], expected low < high"),
        (HITS, {"images.objects": {"wire": "w", "x": "x", "charge": "q"}},
         "`images.objects.plane`: missing, though there are 3 planes"),
        (HITS, {"images.classes": ["void", "track"]}, "expected three names or more that differ"),
        (HITS, {"model.output": "sigmoid"}, "a pixel has three classes or more"),
        (HITS, {"images.steps": []}, "`images.steps`: goes with the kind jets, found `hits`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(config, changes, told):
    with pytest.raises(ConfigError) as error:
        complete(changed(config, changes), SCHEMA)
    assert told in str(error.value), str(error.value)
    assert all(line.startswith("config key `") for line in str(error.value).splitlines())


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"columns.features": ["ht", "truthE"]}, "columns.features"),
        ({"columns.derived": {"ht": "truthPX + Sum$(pt)"}}, "columns.derived.ht"),
        ({"images.objects": {"px": "truthPX", "py": "truthPY", "pz": "truthPZ"}}, "images.objects"),
    ],
)
def test_columns_that_hold_the_truth_are_no_features(changes, key):
    with pytest.raises(ConfigError, match="so that it tells the class") as error:
        complete(changed(JETS, changes), SCHEMA)
    assert f"config key `{key}`" in str(error.value)
    complete(changed(JETS, {"columns.spectators": ["truthE"]}), SCHEMA)


def test_a_scan_of_how_pictures_are_drawn_shares_them():
    scan = [
        {"images.steps": ["centre"]},
        {"images.steps": ["centre"], "model.kernel": 3},
        {"images.steps": [], "balance.negative_weights": "zero"},
        {"training.fraction": 0.5},
    ]
    points = list(scan_points(complete({**JETS, "scan": scan}, SCHEMA)).values())
    assert [point.drawing for point in points] == [
        "steps=centre", "steps=centre", "steps=none", "base",
    ]  # fmt: skip
    assert points[0].preparation == points[1].preparation == "steps=centre"
    assert points[2].preparation == "steps=none__negative_weights=zero"
    assert points[3].preparation == "base"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input.files": [{"path": "a.npz", "sample": "test"}]}, "goes without `sample`"),
        ({"folds": 3}, "`folds`: found beside `columns.sample`"),
        ({"columns.weight": ["w"]}, "`yields.split_factors`: missing"),
    ],
)
def test_a_column_of_samples_takes_the_place_of_other_ways(changes, told):
    own = changed(JETS, {"columns.sample": "s", **changes})
    with pytest.raises(ConfigError) as error:
        complete(own, SCHEMA)
    assert told in str(error.value)


def test_events_of_a_sample_by_column_stand_for_all():
    own = complete(changed(JETS, {"columns.sample": "s"}), SCHEMA)
    assert yield_settings(own)["measured"]
