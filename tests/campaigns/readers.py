"""Damages files of every format, and looks at what the readers make of each.

python tests/campaigns/readers.py --mutations 3000
python tests/campaigns/readers.py --mutations 3000 --real ../shared/data   # real files, too

Every damaged file must be refused with one clear message, or read: the same rows, or what the
damaged bytes say. No other exception, no crash, no hang, no memory without bounds, no rows missing
in silence. A fault is printed with sample and number (`--kinds SAMPLE --first NUMBER --mutations 1`
shows it alone), and the exit code says whether there was one. The same seed gives the same damages.
"""

import argparse
import collections
import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campaigns.corpus import SAMPLES, cut_down

TESTS = Path(__file__).resolve().parents[1]
LIBRARY = TESTS.parent / "workflow" / "scripts"
SECONDS = 10
"""How long a file of some kB may take."""
FAULTS = ("unclear", "raised", "wrong", "memory", "hang", "crash")

Answer = dict[str, Any]


def answers(
    numbers: Mapping[str, range], seed: int = 1, real: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Answer]:
    """Yield what came of each mutation.

    Args:
        numbers: sample → the numbers of its mutations.
        seed: of the damages.
        real: further samples, as arguments of `campaigns.corpus.Sample` but for `content`, which is
            the path of a file.
    """
    left = dict(numbers)
    while left:
        last: Answer = {}
        for last in _judged(left, seed, real or {}):
            if "verdict" in last:
                yield last
        if not last:
            raise RuntimeError("nothing was judged: see the message above")
        while left and next(iter(left)) != last["kind"]:
            del left[next(iter(left))]
        left[last["kind"]] = range(last["number"] + 1, left[last["kind"]].stop)
        if not left[last["kind"]]:
            del left[last["kind"]]


def _judged(left: Mapping[str, range], seed: int, real: Mapping[str, Any]) -> Iterator[Answer]:
    """Yield the lines of one process that judges, until it ends by itself or otherwise."""
    with tempfile.TemporaryDirectory() as folder, _process(left, seed, real, folder) as process:
        rest, last = b"", dict[str, Any]()
        while True:
            # the first line takes as long as the imports do
            if not select.select([process.stdout], [], [], SECONDS + (0 if last else 60))[0]:
                yield {**last, "verdict": "hang", "told": f"more than {SECONDS} s"}
                return
            block = os.read(process.stdout.fileno(), 1 << 16)
            if not block:
                break
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                last = json.loads(line)
                yield last
        if process.wait() and last and "verdict" not in last:
            yield {**last, "verdict": "crash", "told": f"exit code {process.returncode}"}


@contextlib.contextmanager
def _process(
    left: Mapping[str, range], seed: int, real: Mapping[str, Any], folder: str
) -> Iterator[Any]:
    numbers = {kind: [own.start, own.stop] for kind, own in left.items()}
    request = {"kinds": numbers, "seed": seed, "folder": folder, "samples": real}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaigns.judge", json.dumps(request)],
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{LIBRARY}", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def faults(found: Sequence[Answer]) -> list[str]:
    """Return what is no answer to a damaged file, a line each."""
    return [
        f"{own['kind']} {own['number']} ({own.get('damages', '')}): {own['verdict']}: {own['told']}"
        for own in found
        if own["verdict"] in FAULTS
    ]


def main() -> int:
    """Run a campaign, and print its counts and faults."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutations", type=int, default=3000, help="of each sample")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=sorted(SAMPLES))
    parser.add_argument("--real", help="folder of real samples, as ../shared/data")
    parser.add_argument("--show", nargs="*", default=FAULTS, help="verdicts to print")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinds = dict.fromkeys(arguments.kinds)
        real = {}
        if arguments.real:
            real = cut_down(Path(arguments.real), Path(folder))
            kinds = dict.fromkeys(real)
        counts: dict[str, collections.Counter[str]] = {
            kind: collections.Counter() for kind in kinds
        }
        wrong = False
        mutations = range(arguments.first, arguments.first + arguments.mutations)
        with contextlib.suppress(KeyboardInterrupt):  # what was judged until then is told
            for own in answers(dict.fromkeys(kinds, mutations), arguments.seed, real):
                counts[own["kind"]][own["verdict"]] += 1
                wrong = wrong or own["verdict"] in FAULTS
                if own["verdict"] in arguments.show:
                    print(
                        own["kind"],
                        own["number"],
                        own.get("damages", ""),
                        own["verdict"],
                        flush=True,
                    )
                    print("   ", own["told"].replace("\n", "\n    "), flush=True)
    for kind, count in counts.items():
        print(f"{kind:16} {count.total():6}", dict(sorted(count.items())))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
