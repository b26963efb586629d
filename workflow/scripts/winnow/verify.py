"""All that jobs made in a folder, looked through: `python -m winnow.verify [FOLDER]`.

It reads every file to its end, and prints a line for each that is not what a job wrote there.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from winnow.errors import DataError
from winnow.record import RECORDS, check
from winnow.seal import check_whole


def damaged(folder: str | Path) -> Iterator[str]:
    """Yield what is wrong with each file that is not what a job wrote.

    Args:
        folder: the one that Snakemake ran in; files that are gone are none of it.
    """
    records = Path(folder) / RECORDS
    for place in sorted(path for path in records.rglob("*") if path.is_file()):
        name = place.relative_to(records)
        if not (Path(folder) / name).is_file():
            continue
        try:
            check([str(name)], folder)
            check_whole(Path(folder) / name)
        except DataError as error:
            yield str(error)


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong, and return 1 where anything is."""
    found = list(damaged(arguments[0] if arguments else "."))
    print("\n".join(found) or "every file that is there is what a job wrote")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
