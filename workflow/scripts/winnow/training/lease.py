"""A lease on a folder: of two trainings on one state, one writes and the other waits.

Leases are numbered files. A training owns the folder while its own file is there; whoever takes
over a lease that nobody holds any more creates the next number, which only one can, and removes
the lower ones. So a training that slept through a takeover finds its file gone. No file locks:
on network file systems they are often missing or lost.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from winnow.errors import WinnowError

_NAME = re.compile(r"lease-(\d+)\.json")
_REPORT_SECONDS = 60.0


class LeaseLost(WinnowError):  # noqa: N818 - says what happened
    """Another training has taken over the state: this one must not write it any more."""


class _Seen(NamedTuple):
    """A lease file as read: its bytes, who wrote it (empty while unwritten), its last beat."""

    content: bytes
    owner: Mapping[str, Any]
    mtime_ns: int


class Lease:
    """The right to write one folder, held until `release` or the end of a `with` block."""

    def __init__(
        self,
        path: Path,
        token: str,
        descriptor: int,
        report: Callable[[str], None],
        heartbeat_seconds: float,
    ) -> None:
        """Start the heartbeat of a lease file just created; use `acquire` to create one."""
        self.path = path
        self._token = token
        self._descriptor = descriptor
        self._report = report
        self._heartbeat_seconds = heartbeat_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that this lease still holds; call it right before every write.

        Raises:
            LeaseLost: another training has taken over.
        """
        if not self._is_ours():
            raise LeaseLost(
                f"{self.path}: another training has taken over this state, because for a while "
                "this one showed no sign of life (suspended, or its file system was away). This "
                "one stops without writing; the other goes on from the last state: wait for it."
            )

    def release(self) -> None:
        """Stop the heartbeat and remove the lease file if it still is this lease's."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        os.close(self._descriptor)  # NFS keeps a file that is removed while open
        if self._is_ours():
            self.path.unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        seen = _read(self.path)
        return seen is not None and seen.owner.get("token") == self._token

    def _beat(self) -> None:
        while not self._stop.wait(self._heartbeat_seconds):
            try:
                # by descriptor: never touches a lease of somebody else under the same name
                os.utime(self._descriptor)
            except OSError as error:
                if error.errno == errno.ESTALE:  # removed on another host: check() will tell
                    return
                self._report(f"{self.path}: the heartbeat failed and is tried again: {error}")

    def __enter__(self) -> Self:
        """Return the lease."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lease."""
        self.release()


def acquire(
    folder: Path,
    report: Callable[[str], None],
    heartbeat_seconds: float = 5.0,
    expiry_seconds: float = 60.0,
) -> Lease:
    """Return the lease on a folder, created where missing, as soon as no other training has it.

    A lease is taken over at once where its process ran on this machine and is gone, else when its
    heartbeat has not moved for `expiry_seconds` of waiting: only changes of the file's time are
    looked at, so clocks of different machines need not agree.

    Args:
        folder: the folder that only one training may write.
        report: called with one line when the wait begins, once a minute, and at a takeover.
        heartbeat_seconds: how often the owner touches its lease; the same for all trainings.
        expiry_seconds: how long the heartbeat of a lease must stand still before a takeover.

    Raises:
        ValueError: the expiry is less than two heartbeats.
    """
    if expiry_seconds < 2 * heartbeat_seconds:
        raise ValueError(f"expiry {expiry_seconds} s < 2 heartbeats of {heartbeat_seconds} s")
    pause = min(1.0, heartbeat_seconds)
    last: tuple[int, _Seen] | None = None
    # sums of pauses, not a clock: the time that the waiter itself was suspended is no evidence
    still, unreported = 0.0, _REPORT_SECONDS
    while True:
        number = max(_numbers(folder), default=0)
        seen = _read(_path(folder, number)) if number else None
        why = None
        if seen is not None:
            still = still if (number, seen) == last else 0.0
            last = (number, seen)
            why = _why_free(seen.owner, still, expiry_seconds)
        if number == 0 or why is not None:
            lease = _create(folder, number, seen, report, heartbeat_seconds)
            if lease is not None:
                if seen is not None:
                    report(f"{lease.path}: taken over from {_named(seen.owner)}: {why}")
                return lease
        elif seen is not None and unreported >= _REPORT_SECONDS:
            unreported = 0.0
            report(
                f"{_path(folder, number)}: {_named(seen.owner)} holds this state; waiting until "
                f"it ends or its heartbeat has stopped for {expiry_seconds:g} s"
            )
        time.sleep(pause)
        still += pause
        unreported += pause


def _path(folder: Path, number: int) -> Path:
    return folder / f"lease-{number}.json"


def _numbers(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    return [int(match[1]) for match in map(_NAME.fullmatch, names) if match]


def _read(path: Path) -> _Seen | None:
    """Return a lease file's content and time, None where there is none."""
    try:
        # opened, not stat-ed: NFS asks the server for the time only when a file is opened
        with path.open("rb") as stream:
            content, mtime_ns = stream.read(), os.fstat(stream.fileno()).st_mtime_ns
    except FileNotFoundError:
        return None
    try:
        owner = json.loads(content)
    except ValueError:  # created, but not or not wholly written
        owner = {}
    return _Seen(content, owner if isinstance(owner, dict) else {}, mtime_ns)


def _create(
    folder: Path,
    last: int,
    free: _Seen | None,
    report: Callable[[str], None],
    heartbeat_seconds: float,
) -> Lease | None:
    """Return the lease after number `last`, None where another training was quicker.

    Args:
        folder: the state folder.
        last: the highest number, 0 where there is no lease.
        free: what the lease of that number was when it was found free; it must still be that.
        report: given to the lease.
        heartbeat_seconds: given to the lease.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, last + 1)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except (FileExistsError, FileNotFoundError):  # created, or the folder removed, just now
        return None
    owner = {**_place(), "pid": os.getpid(), "started": _start_of(os.getpid())}
    token = secrets.token_hex(16)
    with contextlib.ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        undo.callback(os.close, descriptor)
        os.write(descriptor, json.dumps({**owner, "token": token}).encode())
        os.fsync(descriptor)
        # others may have come and gone since the look at the folder; with this file in it, none can
        numbers = _numbers(folder)
        if max(numbers, default=0) > last + 1 or _read(_path(folder, last)) != free:
            return None
        for number in numbers:
            if number <= last:
                _path(folder, number).unlink(missing_ok=True)
        undo.pop_all()
    return Lease(path, token, descriptor, report, heartbeat_seconds)


def _named(owner: Mapping[str, Any]) -> str:
    if not owner:
        return "a training that has not signed its lease"
    return f"the training with process id {owner.get('pid')} on {owner.get('host')}"


def _why_free(owner: Mapping[str, Any], still: float, expiry_seconds: float) -> str | None:
    """Return why a lease may be taken over, None where it may not."""
    if _is_gone(owner):
        return "its process no longer exists"
    if still >= expiry_seconds:
        return f"its heartbeat has stopped for {expiry_seconds:g} s"
    return None


def _place() -> dict[str, str | None]:
    """Return what must be equal for two process ids to mean the same process."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")  # batch systems and containers may number processes anew
    return {
        "host": socket.gethostname(),
        "boot_id": boot.read_text().strip() if boot.exists() else None,
        "pid_namespace": str(space.readlink()) if space.is_symlink() else None,
    }


def _start_of(pid: int) -> str | None:
    """Return a process's start in ticks since boot (proc(5), field 22), None if gone or unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in ("Z", "X") else fields[18]


def _is_gone(owner: Mapping[str, Any]) -> bool:
    """Return whether the owner ran on this machine and its process surely has ended."""
    place = _place()
    if {name: owner.get(name, "") for name in place} != place or "pid" not in owner:
        return False
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # another user's, whose start time may be hidden
        return False
    started = owner.get("started")
    return started is not None and _start_of(owner["pid"]) != started
