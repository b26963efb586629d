"""What a config asks to be simulated against what there is."""

from collections.abc import Collection, Iterator

from winnow.study.choices import SIMULATORS, part
from winnow.study.keys.simulate import simulate
from winnow.study.schema import Config, closest


def written_columns(config: Config) -> tuple[str, ...]:
    """Return the columns of the files that a complete config simulates, none where it does not."""
    if "simulate" not in config:
        return ()
    own = simulate(config["simulate"])
    found: tuple[str, ...] = part(SIMULATORS, own.simulator, "columns")(own)
    return found


def simulation_faults(config: Config) -> Iterator[str]:
    """List the processes of a complete config that cannot be simulated, one line a fault."""
    if "simulate" not in config:
        return
    simulator = config["simulate"]["simulator"]
    known: Collection[str] = part(SIMULATORS, simulator, "processes")()
    for name in config["simulate"]["events"]:
        if name not in known:
            yield (
                f"config key `simulate.events.{name}`: no such process can be simulated by "
                f"`{simulator}`; {closest(name, known)}"
            )
