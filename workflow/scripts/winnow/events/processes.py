"""The processes of a file: their class, and the scale of their weights."""

import math
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import ConfigError
from winnow.events.chunks import Chunk
from winnow.events.settings import IngestSettings, ProcessSettings
from winnow.study.classes import class_of, fits, process_name
from winnow.study.files import InputFile

UNKNOWN, IGNORED = -1, -2


@dataclass
class Processes:
    """The processes seen so far, by position, with their class and the scale of their weights."""

    file: InputFile
    settings: IngestSettings
    column: str | None
    names: frozenset[str]
    positions: dict[str, int] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)

    def position(self, name: str) -> int:
        """Return a process's position, new ones last."""
        if name not in self.positions:
            self.positions[name] = len(self.positions)
            self.classes.append(_class_of(name, self.file, self.settings))
            self.scales.append(_scale(name, self.file, self.settings))
        return self.positions[name]

    def codes(self, chunk: Chunk) -> NDArray[np.int64]:
        """Return the position of every row's process, shape (n,)."""
        if self.column is None:
            own = self.file.process if self.file.process is not None else self.file.class_name
            return np.full(len(chunk.rows), self.position(process_name(own, self.names)))
        column = chunk.others[self.column]
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        of_value = [self.position(process_name(value, self.names)) for value in distinct]
        if encoded.null_count:
            of_value.append(self.position(""))
        indices = pc.fill_null(encoded.indices.cast(pa.int64()), len(of_value) - 1)
        rows: NDArray[np.intp] = indices.to_numpy(zero_copy_only=False)
        return np.array(of_value, dtype=np.int64)[rows]


def _class_of(name: str, file: InputFile, settings: IngestSettings) -> int:
    names = list(settings.classes)
    if name and any(fits(name, pattern) for pattern in settings.ignored):
        return IGNORED
    if file.class_name is not None:
        return names.index(file.class_name) if name else UNKNOWN
    found = class_of(name, settings.classes)
    return UNKNOWN if found is None else names.index(found)


def _scale(name: str, file: InputFile, settings: IngestSettings) -> float:
    scale = 1.0 if file.luminosity is None else file.luminosity / settings.luminosity
    process = settings.processes.get(name, ProcessSettings())
    if process.cross_section is None:
        return scale
    generated = process.generated if file.generated is None else file.generated
    if not generated or not math.isfinite(generated):
        raise ConfigError(
            f"config key `processes.{name}.generated`: found {generated}, expected a number"
            " of events (or sum of generator weights) other than 0, to go with the cross-section."
        )
    return scale * process.cross_section / generated
