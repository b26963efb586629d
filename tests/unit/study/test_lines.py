"""Where in a config's files a key of a message stands."""

import pytest

from winnow.study.lines import located

STUDY = """\
# a study
study: toy
scan:
  training.epochs: [1, two]
input:
  files:
    - path: a.csv
    - {path: b.csv,
       format: cvs}
model:
  layers: [5,
           0]
"""


@pytest.fixture
def path(tmp_path):
    own = tmp_path / "study.yaml"
    own.write_text(STUDY)
    return own


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("study", 2),
        ("input.files[0].path", 7),
        ("input.files[1].format", 9),
        ("input.files[1].tree", 8),
        ("model.layers[1]", 12),
        ("model.dropout", 10),
        ("scan.training.epochs", 4),
        ("scan", 3),
    ],
)
def test_a_key_is_told_with_its_line_or_that_of_what_holds_it(path, key, line):
    assert located(f"config key `{key}`: wrong.", [path]) == (
        f"config key `{key}`: wrong. ({path}, line {line})"
    )


def test_of_two_files_the_last_that_has_the_key_tells(path, tmp_path):
    over = tmp_path / "over.yaml"
    over.write_text("model: {dropout: 2}\n")
    told = located("config key `model.dropout`: a\nconfig key `study`: b\nother", [path, over])
    assert told.splitlines() == [
        f"config key `model.dropout`: a ({over}, line 1)",
        f"config key `study`: b ({path}, line 2)",
        "other",
    ]


def test_what_stands_in_no_file_is_told_as_it_is(path, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    for paths in ([], [broken], [tmp_path / "none.yaml"], [path]):
        assert located("config key `folds`: missing.", paths) == "config key `folds`: missing."
