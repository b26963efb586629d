"""What an addition costs: a file of its own, found by its place. Each is made here and used.

Families of networks are in tests/unit/networks/test_families.py.
"""

import importlib
import sys

import numpy as np
import pytest

import sections
from toy import ROOT, TOY, toy_events
from winnow.errors import ConfigError
from winnow.events.readers import column_names, read_chunks
from winnow.preparation.normalise.apply import apply
from winnow.simulation.checks import simulation_faults, written_columns
from winnow.study import choices, files
from winnow.study.keys.simulate import simulate as keys_of
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.study.simulation_plan import chunks, joined_chunks, simulated_files

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"

STEP = '''"""The step `power`: powers of two of the width become 1."""

from dataclasses import dataclass
from typing import Annotated

from winnow.preparation.normalise.fitting import linear_fitter
from winnow.study.keys.normalise import Step
from winnow.study.typed import says


@dataclass(frozen=True)
class Keys(Step):
    """Powers."""

    exponent: Annotated[int, says(minimum=1)] = 1
    """For `power`, which power."""


def fit_step(features, transform, step):
    fitter = linear_fitter("power", lambda values: (0.0, values.deviation * 2**step.exponent))
    return fitter(features, transform, step)
'''

FORMAT = '''"""Lines of JSON."""

import json

import numpy as np
import pyarrow as pa

from winnow.events.chunks import RawChunk
from winnow.events.reader import Reader

ENDINGS = (".jsonl",)
KEYS = ()


def _rows(file):
    with open(file.path) as stream:
        return [json.loads(line) for line in stream]


def _read(file, wanted, as_text):
    rows = _rows(file)
    columns = {name: pa.array([row[name] for row in rows]) for name in wanted}
    yield RawChunk(np.arange(len(rows)), columns)


READER = Reader("JSON lines", lambda f: len(_rows(f)), lambda f: tuple(_rows(f)[0]), _read)
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Put a module beside those of a package."""

    def add(package, name, text):
        folder = tmp_path / package
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        own = importlib.import_module(package)
        monkeypatch.setattr(own, "__path__", [*own.__path__, str(folder)])
        monkeypatch.delitem(sys.modules, f"{package}.{name}", raising=False)
        forget()

    def forget():
        importlib.invalidate_caches()
        for cached in (choices.names, choices.literal, files.endings):
            cached.cache_clear()

    yield add
    forget()


SIMULATOR = '''"""The simulator `coins`: heads and tails, in CSV."""

from dataclasses import dataclass
from typing import Annotated
from pathlib import Path

from winnow.study.keys.simulate import Simulate
from winnow.study.typed import says

FILES = {"heads.csv": ("coins.csv", "heads"), "others.csv": ("coins.csv", "")}
EVENT_BYTES = 2


@dataclass(frozen=True)
class Keys(Simulate):
    """Coins."""

    sides: Annotated[int, says(minimum=1)] = 2
    """For `coins`, how many sides."""


def processes():
    return ("heads", "tails")


def columns(keys):
    return ("side",) * keys.sides


def write(keys, chunk, seed, paths):
    Path(paths[0]).write_text(f"{chunk.process} {keys.sides}\\n" * chunk.events)
'''


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.csv").touch()
    return {**TOY, "input": {"files": [{"path": "events.csv"}]}}


def test_a_step_of_normalise_is_its_file(added, study):
    added(choices.STEPS, "power", STEP)
    schema = load_schema(SCHEMA)
    step = {"step": "power", "exponent": 3}
    complete({**study, "normalise": {"steps": [step]}}, schema)
    with pytest.raises(ConfigError, match=r"`normalise.steps\[0\].exponent`: goes with the step"):
        complete({**study, "normalise": {"steps": [{"step": "standard", "exponent": 3}]}}, schema)
    steps = schema["properties"]["normalise"]["properties"]["steps"]
    assert "`power`, powers of two of the width become 1" in steps["description"]
    x = np.random.default_rng(1).normal(0, 3, (500, 1)).astype(np.float32)
    found = apply(sections.fitted(x, ["x"], [step]), x)
    assert found.std() == pytest.approx(1 / 8, rel=1e-5)


def test_a_format_of_input_files_is_its_file(added, study, tmp_path):
    added(choices.FORMATS, "jsonl", FORMAT)
    events = toy_events(20, 1)
    events.to_json(tmp_path / "events.jsonl", orient="records", lines=True)
    schema = load_schema(SCHEMA)
    given = {"files": [{"path": "events.jsonl"}]}
    (file,) = files.input_files(complete({**study, "input": given}, schema)).values()
    assert file["format"] == "jsonl"
    own = files.InputFile(**file)
    assert column_names(own) == tuple(events)
    (chunk,) = read_chunks(own, ["mass"])
    np.testing.assert_allclose(chunk.numbers["mass"], events["mass"], rtol=1e-9)
    given["files"][0]["delimiter"] = ";"
    with pytest.raises(ConfigError, match=r"`input.files\[0\].delimiter`: does nothing in files"):
        complete({**study, "input": given}, schema)


@pytest.mark.parametrize(
    ("package", "text", "told"),
    [
        (choices.FAMILIES, "def build(:\n", "its file cannot be imported: SyntaxError"),
        (choices.FAMILIES, "import nothing_of_that_name\n", "No module named 'nothing_of_that"),
        (choices.FAMILIES, "x = 1\n", "it has no `build`, which each of this folder needs"),
        (choices.FAMILIES, "def build():\n    pass\n", "it has no `Keys`, which each"),
        (choices.STEPS, "x = 1\n", "it has no `fit_step`, which each of this folder needs"),
        (choices.FORMATS, "def read(:\n", "its `ENDINGS` cannot be read without importing"),
        (choices.FORMATS, "A = ()\nENDINGS = A\n", "Write it as a literal"),
        (choices.FORMATS, "x = 1\n", "it has no `ENDINGS`, which a format needs"),
        (
            choices.FORMATS,
            "ENDINGS = ('.csv',)\nKEYS = ()\n",
            "the ending '.csv' is the format csv",
        ),
        (
            choices.FAMILIES,
            "from winnow.networks.hidden import Hidden\nfrom dataclasses import dataclass\n"
            "def build():\n    pass\n\n\n@dataclass(frozen=True)\nclass Keys(Hidden):\n"
            "    dropout: float = 0.1\n",
            "the key 'dropout' is another one elsewhere",
        ),
        (
            choices.FAMILIES,
            "from winnow.networks.hidden import Hidden\ndef build():\n    pass\n\n\n"
            "class Keys(Hidden):\n    sizes: int = 1\n",
            "Keys has no @dataclass(frozen=True) above it",
        ),
    ],
)
def test_an_addition_that_cannot_be_used_is_told_by_its_file(added, study, package, text, told):
    added(package, "odd", text)
    with pytest.raises(ConfigError) as caught:
        complete(study, load_schema(SCHEMA))
    assert str(caught.value).startswith(f"{package}.odd: ")
    assert told in str(caught.value)


def test_a_simulator_is_a_file_in_its_folder(added, study, tmp_path):
    added(choices.SIMULATORS, "coins", SIMULATOR)
    schema = load_schema(SCHEMA)
    simulate = {"simulator": "coins", "events": {"heads": 5, "tails": 3}, "chunk": 4}
    full = complete(study | {"simulate": simulate}, schema)
    assert full["simulate"] == {**simulate, "sides": 2}
    assert list(simulated_files(full)) == [
        f"results/toy/simulate/{name}.csv" for name in ("heads", "others")
    ]
    assert joined_chunks(full, "others.csv") == ["results/toy/simulate/tails/chunk-0/coins.csv"]
    assert len(joined_chunks(full, "heads.csv")) == 2
    assert written_columns(full) == ("side", "side")
    (fault,) = simulation_faults(full | {"simulate": {**full["simulate"], "events": {"edge": 1}}})
    assert "no such process can be simulated by `coins`; known: heads, tails." in fault
    keys = keys_of({"simulator": "coins", "sides": 3})
    write = choices.part(choices.SIMULATORS, "coins", "write")
    write(keys, chunks(full)[1], 1, [tmp_path / "coins.csv"])
    assert (tmp_path / "coins.csv").read_text() == "heads 3\n"
