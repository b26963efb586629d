"""What a schema cannot say about the section `calibration`."""

from collections.abc import Iterator

from winnow.study.keys.model import model
from winnow.study.schema import Config, closest


def calibration_faults(config: Config) -> Iterator[str]:
    """List columns of `calibration` that are not at hand, and classes without a truth."""
    if "calibration" not in config:
        return
    own, spectators = config["calibration"], config["columns"]["spectators"]
    known = [*(feature["name"] for feature in config["columns"]["features"]), *spectators]
    for name in own["columns"]:
        if name not in known:
            yield (
                f"config key `calibration.columns`: `{name}` is neither a feature nor a spectator; "
                "list it in `columns.spectators`."
            )
    for name, column in own["truth"].items():
        if name not in config["classes"]:
            yield (
                f"config key `calibration.truth.{name}`: no class has this name; "
                f"{closest(name, config['classes'])}"
            )
        if column not in spectators:
            yield (
                f"config key `calibration.truth.{name}`: `{column}` is no spectator; list it in "
                "`columns.spectators`, which no network sees."
            )
    missing = [name for name in config["classes"] if name not in own["truth"]]
    if own["truth"] and missing:
        yield (
            f"config key `calibration.truth`: the classes {', '.join(missing)} are missing; give "
            "the column of each."
        )
    if model(config["model"]).target != "class":
        yield (
            "config key `calibration`: the family of networks gives no probabilities of classes; "
            "remove the section, or take another family."
        )
