"""What a schema cannot say about the section `parameter`."""

from collections.abc import Iterator

from winnow.study.keys.apply import Apply
from winnow.study.keys.balance import Balance
from winnow.study.keys.model import model
from winnow.study.keys.parameter import Parameter
from winnow.study.keys.transform import Transform
from winnow.study.schema import Config
from winnow.study.typed import made

SECTION = "parameter"
SCANNABLE_KEY = f"{SECTION}.leave_out"


def parameter_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the section of a complete config, one line a fault."""
    if SECTION not in config:
        return
    own, spectators = made(Parameter, config[SECTION]), config["columns"]["spectators"]
    if "signal_class" not in config:
        yield (
            "config key `parameter`: needs a `signal_class`, whose events have a hypothesis; name "
            "it, or remove the section."
        )
    if own.column not in spectators:
        yield (
            f"config key `parameter.column`: {own.column!r} is none of `columns.spectators`; list "
            "it there: it is read of signal events, and made the network's last input."
        )
    yield from _unsupported(config)


def _unsupported(config: Config) -> Iterator[str]:
    """List what a study has beside that knows of no parameter."""
    own, applied = made(Parameter, config[SECTION]), made(Apply, config["apply"])
    key = "config key `parameter`"
    if "images" in config:
        yield (
            f"{key}: networks of this study see pictures, beside which no number is an input; "
            "remove the section, or `images`."
        )
    elif model(config["model"]).target != "class":
        yield (
            f"{key}: the family of networks gives no score of signal; remove the section, or take "
            "another family."
        )
    if made(Transform, config["transform"]).acts:
        yield (
            f"{key}: a learned transform would mix the hypothesis into its codes; remove the "
            "section, or set `transform.bottleneck` to 0."
        )
    if "contest" in config:
        yield f"{key}: contestants know none; remove it, or the section `contest`."
    if made(Balance, config["balance"]).planing.column == own.column:
        yield (
            f"config key `balance.planing.column`: {own.column!r} is the network's parameter, "
            "which other events than signal have none of; take another column, or none."
        )
    if applied.model is None and (applied.files or applied.friends):
        yield (
            "config key `apply`: networks with a `parameter` score at a hypothesis, which files "
            "without labels have none of; remove `apply.files` and `apply.friends`, or the section "
            "`parameter`."
        )
