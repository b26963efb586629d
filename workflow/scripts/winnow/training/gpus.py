"""Trainings on one machine that share out its GPUs: Snakemake counts them and hands out no ids."""

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from winnow.study.machine import VISIBLE, local_gpus, visible_gpus

_REPORT_SECONDS = 60.0


@contextmanager
def claimed(
    count: int,
    report: Callable[[str], None],
    devices: Path = Path("/dev"),
    folder: Path | None = None,
) -> Iterator[None]:
    """Let this process see GPUs alone that no other training of this user on this machine holds.

    Enter it before TensorFlow looks for GPUs: `CUDA_VISIBLE_DEVICES` names those held, meanwhile.
    A claim is a lock on a file, which ends with its process however that ends. Where a scheduler
    gave the job no more GPUs than it asks for (`CUDA_VISIBLE_DEVICES`), they are the job's own, and
    nothing is locked: in the next job the same name may be another card.

    Args:
        count: GPUs wanted; of a machine that has fewer, all.
        report: takes one line when a wait begins, and every minute.
        devices: the folder of the device files.
        folder: where the locks lie; the machine's temporary folder if not given.
    """
    given = visible_gpus()
    names = [str(n) for n in range(local_gpus(devices))] if given is None else given
    wanted = min(count, len(names))
    if wanted == 0 or (given is not None and len(given) <= count):
        yield
        return
    waited = 0
    while True:
        with ExitStack() as held:
            own = _locked(names, wanted, folder or Path(tempfile.gettempdir()), held)
            if len(own) == wanted:
                os.environ[VISIBLE] = ",".join(own)
                try:
                    yield
                finally:
                    os.environ.pop(VISIBLE)
                    if given is not None:
                        os.environ[VISIBLE] = ",".join(given)
                return
        if waited % _REPORT_SECONDS == 0:
            report(
                f"waiting for {wanted} of the GPUs {', '.join(names)}: other trainings run there"
            )
        time.sleep(1)
        waited += 1


def _locked(names: list[str], wanted: int, folder: Path, held: ExitStack) -> list[str]:
    """Return the first free GPUs, as many as are wanted, locked until `held` ends."""
    own: list[str] = []
    for name in names:
        plain = re.sub(r"[^\w.-]", "_", name)
        path = folder / f"winnow-{os.getuid()}-gpu-{plain}.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        held.callback(os.close, descriptor)
        own.append(name)
        if len(own) == wanted:
            break
    return own
