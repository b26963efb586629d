"""The section `export`: files for other programs."""

from dataclasses import dataclass
from typing import Annotated, Literal

from winnow.study.typed import says

Format = Literal["onnx", "c", "keras", "saved_model"]


@dataclass(frozen=True)
class Export:
    """Files for other programs, in `results/<study>/export/`."""

    formats: Annotated[tuple[Format, ...], says(uniqueItems=True)] = ()
    """Formats that the chosen network is written in. Raw features go into `onnx` (`model.onnx`, an
    input a feature) and `c` (`model.c`, `model.h`, proved with the machine's C compiler);
    normalised ones into `keras` (`model.keras`) and `saved_model`, with the normalisation in
    `<format>.passports.json`. With folds it is the mean of the folds' networks. A file is written
    only where it gives Keras' probabilities to 1e-5, on the golden rows and 10,000 random ones."""
    ensemble: bool = False
    """For `formats`, the mean of all replicas of the chosen scan point, not the best replica
    alone."""
    scores: bool = False
    """In the layout of the CMS neural-network tutorial, for each training `val_output.csv` and
    `test_output.csv` (no header; the signal's score, weight and process, signal first) and
    `best_epoch.txt`, counted from 0."""
    fom_table: bool = False
    """In the same layout `<number of features>var_fom.csv`, the figures of merit of all trainings,
    at the best of `fom.cuts` where there are any."""
    workspace: bool = False
    """The chosen classifier's test score in the bins of `fom.bins`, by process, for fits:
    histograms in ROOT and a pyhf workspace (`results/<study>/export/fit/`); the significance and
    the limit that pyhf expects of it stand in the report. A signal class is needed."""
