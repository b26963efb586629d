"""A config to begin with, written from a look at a user's files: what was found and guessed.

python -m winnow.events.starter SCHEMA CONFIG FILE...
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from winnow.errors import DataError, WinnowError
from winnow.events.columns_seen import Seen, seen
from winnow.events.formats.csv import DELIMITERS
from winnow.events.formats.root import tree_names
from winnow.events.readers import column_names, entry_count, reading
from winnow.study.files import InputFile, file_format
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.tables import write_text

_SIGNAL = re.compile(
    r"sig|higgs|^(tree_?)?s$|^(1|1\.0|true)$|stop|susy|bsm|zprime|(^|[^a-z])h(to|2|_|[^a-z])|^hh",
    re.IGNORECASE,
)
_FEW, _MANY = 20_000, 1_000_000
"""Events below which a network is small, and from which on batches are large."""


def inputs(paths: Sequence[str]) -> list[InputFile]:
    """Return the files with what a config must say of each; of a ROOT file each tree.

    Args:
        paths: as a user writes them.

    Raises:
        DataError: a file is missing or cannot be read, or its ending tells no format.
    """
    found = list[InputFile]()
    for path in paths:
        if not Path(path).is_file():
            raise DataError(f"{path}: no such file. Correct its path.")
        try:
            file = InputFile(Path(path).name, path, file_format(path))
        except ValueError as error:
            raise DataError(str(error)) from error
        if file.format == "csv":
            found.append(_delimited(file))
        elif file.format == "root":
            found += _trees(file)
        else:
            found.append(file)
    return found


def _trees(file: InputFile) -> list[InputFile]:
    """Return each tree of a ROOT file; the file itself where it has no choice of them."""
    with reading(file):
        trees = tree_names(file.path)
    return [replace(file, tree=tree) for tree in trees] if len(trees) > 1 else [file]


def _delimited(file: InputFile) -> InputFile:
    """Return a CSV file with the delimiter that makes the most columns of its first line."""
    tried = [replace(file, delimiter=delimiter) for delimiter in DELIMITERS.values()]
    return max(tried, key=lambda own: len(set(column_names(own))))


def config_text(name: str, files: Sequence[InputFile]) -> str:
    """Return the text of a config for a study of some files, with comments.

    Args:
        name: the study's.
        files: as of `inputs`.

    Raises:
        DataError: as of `winnow.events.columns_seen.seen`; one process alone.
    """
    found, count = seen(files), sum(entry_count(file) for file in files)
    if found.process is None:
        processes = list(dict.fromkeys(_process_of(file, files) for file in files))
    else:
        processes = found.values
    if len(processes) < 2:
        raise DataError(
            f"{files[0].path}: found one process alone. Give the files of signal and of background "
            "together, or one with a column that tells them, of words or called like a label."
        )
    lines = [
        "# yaml-language-server: $schema=workflow/schemas/config.schema.json",
        f"# Made from a look at {len(files)} input(s) of about {count:,} events. What is guessed",
        "# says so: read it once. All keys are listed in config/README.md.",
        "",
        f"study: {_said(name)}  # results go to results/{name}",
        "seed: 1  # changes the split and every training",
        "",
        *_input(files, found),
        "",
        *_columns(found),
        "",
        *_classes(processes),
        "",
        *_preparation(found),
        "",
        *_network(count),
        "",
        "baselines: [hist_gradient_boosting]  # on the same events: is a network worth it?",
        "",
        "fom: {systematic: 0.1}  # relative uncertainty of the background; yours may be another",
    ]
    return "\n".join(lines) + "\n"


def _input(files: Sequence[InputFile], found: Seen) -> Iterator[str]:
    yield "input:"
    yield "  files:  # a path may be a pattern, such as samples/*.root"
    for file in files:
        own: dict[str, Any] = {"path": file.path}
        if file.tree is not None:
            own["tree"] = file.tree
        if file.delimiter != ",":
            own["delimiter"] = file.delimiter
        if found.process is None:
            own["process"] = _process_of(file, files)
        yield f"    - {_said(own)}"
    values = sorted({value for value, _ in found.sentinels.values()})
    if values:
        told = ", ".join(f"{name} {share:.0%}" for name, (_, share) in found.sentinels.items())
        yield f"  # seen as {_said(values)}: {_cut(told)}"
        yield f"  missing_values: {_said(values)}"


def _columns(found: Seen) -> Iterator[str]:
    yield "columns:"
    if found.process is not None:
        yield f"  process: {_said(found.process)}  # tells the process of each event"
    if found.event_id:
        yield f"  event_id: {_said(found.event_id)}  # an event keeps its sample wherever it stands"
    if found.weight:
        more = f"; also called so: {', '.join(found.weight[1:])}" if found.weight[1:] else ""
        negative = f"; {found.negative:.1%} are negative" if found.negative else ""
        yield f"  weight: {_said(found.weight[:1])}  # guessed by its name{_cut(more)}{negative}"
    else:
        yield "  # no column is called a weight: each event counts as one; else `weight: [column]`"
    yield "  spectators: []  # columns that travel to the scores and that no network sees: a mass"
    for name, why in found.left_out.items():
        yield f"  # left out: {name} ({why})"
    yield "  features:  # what the network sees; remove what would not be known in data"
    for name in found.features:
        yield f'    - {{name: {_said(name)}, unit: ""}}'


def _classes(processes: Sequence[str]) -> Iterator[str]:
    named = [name for name in processes if _SIGNAL.search(name)]
    signal = named[-1] if named else processes[-1]
    why = "by its name" if named else "as the rarest or last"
    yield "classes:  # each with its processes; there may be more than two"
    yield f"  background: {_said([name for name in processes if name != signal])}"
    yield f"  signal: {_said([signal])}  # guessed {why}"
    yield "signal_class: signal  # whose score is cut on"


def _preparation(found: Seen) -> Iterator[str]:
    yield "normalise:  # fitted on training events alone"
    if found.falling:
        yield "  steps:"
        yield f"    - {{step: log, features: {_said(found.falling)}}}  # a few events lie far out"
        yield "    - standard"
    else:
        yield "  steps: [standard]"
    if found.sentinels or found.missing:
        yield "  impute: median"
        yield "  indicators: true  # whether a value was missing is an input, too"
    yield ""
    yield "balance: {scheme: equal}  # classes weigh the same in training, not in yields"


def _network(count: int) -> Iterator[str]:
    layers = [32, 32] if count < _FEW else [100, 100, 100]
    batch = 128 if count < _FEW else 256 if count < _MANY else 2048
    yield "model:  # for so many events"
    yield f"  {{layers: {_said(layers)}, activation: swish, dropout: 0.2}}"
    yield ""
    yield "training:  # ends 20 epochs after the best one"
    yield f"  {{optimizer: adam, learning_rate: 0.001, batch_size: {batch}, epochs: 100}}"


def _process_of(file: InputFile, files: Sequence[InputFile]) -> str:
    """Return what tells an input from the others: its tree, or its file's name."""
    stem = Path(file.path).name.partition(".")[0]
    of_file = [other.tree for other in files if other.path == file.path]
    if len(of_file) == 1:
        return stem
    alone = len({other.path for other in files}) == 1
    return str(file.tree) if alone else f"{stem}_{file.tree}"


def _said(value: Any) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else text[:most].rsplit(",", 1)[0] + ", …"


def main(schema: str, config: str, paths: Sequence[str]) -> None:
    """Write a config that is not there yet, and say how it is used.

    Raises:
        DataError: the config is there, or as of `config_text`.
        ConfigError: what was written would not be accepted.
    """
    if Path(config).exists():
        raise DataError(f"{config}: it is there already. Name another one, or remove it.")
    if not paths:
        raise DataError('no files were given: make study FILES="a.root b.root"')
    text = config_text(Path(config).stem, inputs(paths))
    complete(yaml.safe_load(text), load_schema(schema))
    write_text(text, config)
    print(f"winnow: wrote {config}. Read it; then")
    print(f"  snakemake check --configfile {config} --cores 1    # does it fit the files?")
    print(f"  make run STUDY={config}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3:])
    except WinnowError as error:
        sys.exit(f"winnow: error: {error}")
