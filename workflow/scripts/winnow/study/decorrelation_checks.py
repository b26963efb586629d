"""What a schema cannot say of `training.decorrelation` and `balance.planing`: of which column."""

from collections.abc import Iterator

from winnow.study.keys.balance import Balance
from winnow.study.keys.training import Training
from winnow.study.schema import Config
from winnow.study.typed import made


def decorrelation_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the two cures of sculpting, one line a fault."""
    yield from _planing_faults(config)
    own = made(Training, config["training"]).decorrelation
    if not own.acts:
        return
    if "signal_class" not in config:
        yield (
            "config key `training.decorrelation`: needs a `signal_class`, whose score is kept from "
            "telling the spectator; name it, or remove the section."
        )
    if own.spectator not in config["columns"]["spectators"]:
        yield (
            f"config key `training.decorrelation.spectator`: {own.spectator!r} is none of "
            "`columns.spectators`; list it there, and no network sees it."
        )
    if "contest" in config:
        yield (
            "config key `training.decorrelation`: contestants know no such loss; remove it or "
            "the section `contest`."
        )


def _planing_faults(config: Config) -> Iterator[str]:
    name = made(Balance, config["balance"]).planing.column
    features = [feature["name"] for feature in config["columns"]["features"]]
    if name and name not in (*config["columns"]["spectators"], *features):
        yield (
            f"config key `balance.planing.column`: {name!r} is none of `columns.spectators` and no "
            "feature; list it there."
        )
