"""What a config asks to be simulated against what there is."""

from collections.abc import Iterator

from winnow.simulation.samples import COLUMNS, TRAILING
from winnow.simulation.stop_processes import PROCESSES
from winnow.study.schema import Config, closest


def written_columns(config: Config) -> tuple[str, ...]:
    """Return the columns of the files that a complete config simulates, none where it does not."""
    if "simulate" not in config:
        return ()
    return *COLUMNS[config["simulate"]["columns"]], *TRAILING


def simulation_faults(config: Config) -> Iterator[str]:
    """List the processes of a complete config that cannot be simulated, one line a fault."""
    for name in config.get("simulate", {}).get("events", {}):
        if name not in PROCESSES:
            yield (
                f"config key `simulate.events.{name}`: no such process can be simulated; "
                f"{closest(name, PROCESSES)}"
            )
