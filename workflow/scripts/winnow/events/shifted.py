"""Events as a systematic variation has them: read, selected and weighted anew, and what they test.

An event keeps its id, and with it its sample or fold: what was trained on stays out, and what the
shift alone lets pass the selection comes into the sample that it would have been in.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import SAMPLES, TEST
from winnow.events.defects import Rejection
from winnow.events.ingest import labelled_events, totals_of
from winnow.events.settings import IngestSettings
from winnow.events.split import Split
from winnow.study.files import InputFile


def events_that_test(
    files: Iterable[tuple[InputFile, IngestSettings]],
    split: Split,
    rejected: Any,
    told: Callable[[str, dict[str, Any]], None],
) -> Iterator[tuple[pa.Table, NDArray[np.int8]]]:
    """Yield the events that test, some at a time, each with the fold whose network never saw it.

    Args:
        files: the study's input files, each with how it is read.
        split: how events are shared out.
        rejected: the list of rejected rows, a CSV writer.
        told: called with each file's path and counts once it is read.

    Yields:
        Columns as of `winnow.events.ingest.events_schema`, and (n,) folds, 0 without folds.

    Raises:
        DataError: a file cannot be used, or a row is defective and `on_defect` is error.
    """
    for file, settings in files:
        totals = totals_of(settings)
        rejection = Rejection(file, settings.on_defect == "error", rejected)
        for events in labelled_events(file, settings, totals, rejection):
            codes = split.codes(events)
            if split.folds:
                yield events, codes
                continue
            own = events.filter(pa.array(codes == SAMPLES.index(TEST)))
            yield own, np.zeros(len(own), np.int8)
        told(file.path, totals.counts(file.source))
