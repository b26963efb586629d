"""What a schema cannot say about samples: shares, files and columns that tell them."""

import math
from collections.abc import Iterator

from winnow.columns import SAMPLES
from winnow.study.schema import Config


def sample_faults(config: Config) -> Iterator[str]:
    """List what is wrong with how events come to their samples, one line a fault."""
    fractions = config["split"]["fractions"]
    total = sum(fractions.values())
    if not math.isclose(total, 1, abs_tol=1e-9):
        yield (
            f"config key `split.fractions`: they add up to {total:g}, expected 1 "
            f"({', '.join(f'{name} {value:g}' for name, value in fractions.items())})."
        )
    if "sample" in config["columns"]:
        yield from _sample_column_faults(config)
        return
    given = [file.get("sample") for file in config["input"]["files"]]
    factors = "split_factors" in config["yields"]
    for sample in SAMPLES:
        if sample in given:
            continue
        if all(given):
            yield (
                f"config key `input.files`: no file has `sample: {sample}`; an input that is "
                "split already needs all three samples."
            )
        elif fractions[sample] == 0:
            yield (
                f"config key `split.fractions.{sample}`: found 0, though no file has `sample: "
                f"{sample}`; give a share above 0, or a file of that sample."
            )
    if all(given) and not factors and not unweighted(config):
        yield (
            "config key `yields.split_factors`: missing; inputs that are split already need "
            "the factor by which each sample's weights are multiplied "
            "(`{train: 4, validation: 4, test: 2}` for 25/25/50 %)."
        )
    if any(given) and config["folds"]:
        yield (
            "config key `folds`: found, while input files name their `sample`; folds share out all "
            "events anew, so remove `sample` from the files, or `folds`."
        )
    elif factors and not any(given):
        yield (
            "config key `yields.split_factors`: given, but no input file names its `sample`; the "
            "factors then follow from `split.fractions`, so remove it."
        )


def _sample_column_faults(config: Config) -> Iterator[str]:
    """List what does not go with a column that tells each event's sample."""
    if any("sample" in file for file in config["input"]["files"]):
        yield (
            "config key `columns.sample`: goes without `sample` in `input.files`; remove one of "
            "the two."
        )
    if config["folds"]:
        yield (
            "config key `folds`: found beside `columns.sample`; folds share out all events anew, "
            "so remove one of the two."
        )
    if not unweighted(config) and "split_factors" not in config["yields"]:
        yield (
            "config key `yields.split_factors`: missing; inputs that are split already need the "
            "factor by which each sample's weights are multiplied."
        )


def unweighted(config: Config) -> bool:
    """Return whether every event of a study counts the same: no weights, no cross-sections."""
    files = config["input"]["files"]
    return not (
        config["columns"]["weight"]
        or any(file.get("weight") for file in files)
        or any("cross_section" in process for process in config["processes"].values())
    )
