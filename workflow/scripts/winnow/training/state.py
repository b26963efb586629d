"""Training state on disk: whole or not at all, and only of the training that it is used for.

One NumPy `.npz` file, followed by the SHA-256 of its bytes. Who reads or writes it holds the
folder's lease (`winnow.training.lease`). A finished training's state stays: asked for again with
the same settings and data, because an earlier step was redone and gave the same, it ends at once.
"""

import errno
import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.storage import name_file
from winnow.training.lease import LeaseLost

_STATE = "state.npz"
_TEMPORARIES = "state-*.tmp"
_DIGEST_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Checkpoint:
    """How a training keeps its state.

    Attributes:
        load: returns the arrays and numbers of an earlier attempt, None where there are none.
        save: takes them.
        every: seconds between two states, at least.
        stop: whether training is to stop, after a last state.
    """

    load: Callable[[], tuple[dict[str, NDArray[Any]], dict[str, Any]] | None]
    save: Callable[[dict[str, NDArray[Any]], dict[str, Any]], None]
    every: float = 30.0
    stop: Callable[[], bool] = lambda: False


NO_CHECKPOINT = Checkpoint(load=lambda: None, save=lambda arrays, meta: None, every=np.inf)


def fingerprint(params: Mapping[str, Any], files: Mapping[str, str | Sequence[str]]) -> str:
    """Return the SHA-256 of what a training depends on, whatever the order of keys.

    Args:
        params: JSON-able settings; 1 and 1.0 differ.
        files: name → hash of an input file, or of each of several.

    Raises:
        TypeError: a parameter is not JSON-able, such as a NumPy number.
    """
    text = json.dumps([params, files], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_state(folder: Path, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """Replace the folder's state; killed at any moment, the old or the new one is there, whole.

    Call `Lease.check` right before. A training that lost its lease while it wrote cannot finish:
    the one that took over has removed the unfinished file (`read_state`).

    Args:
        folder: the state folder, created where missing.
        arrays: name → array of NumPy's own booleans or numbers, any shape; exact bits are kept.
        meta: JSON-able facts with `fingerprint` among them. Floats come back exactly, infinities
            and NaN too; tuples come back as lists.

    Raises:
        TypeError: an array has another type (object, bfloat16), or `meta` is not JSON-able.
        ValueError: `meta` has no fingerprint.
        LeaseLost: another training took over the folder during the write.
    """
    content = _encoded(arrays, meta)
    folder.mkdir(parents=True, exist_ok=True)
    path, temporary = folder / _STATE, folder / f"state-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.write(hashlib.sha256(content).digest())
            stream.flush()
            os.fsync(stream.fileno())
        _move(temporary, path)
    except OSError as error:
        name_file(error, path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(folder)


def read_state(
    folder: Path, fingerprint: str, report: Callable[[str], None]
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
    """Return the arrays and meta of the folder's state, None where there is none to go on from.

    A state that is torn, or that an unfinished training with another fingerprint left, is renamed
    to `set-aside-<n>.npz`; a finished training's (`finished` in its meta) is replaced in time. What
    killed writers left unfinished is removed.

    Args:
        folder: the state folder; it need not exist.
        fingerprint: the fingerprint of the training that wants to go on.
        report: called with one line about a state that is set aside.

    Raises:
        OSError: the state cannot be read; it is left where it is.
    """
    _remove_temporaries(folder)
    path = folder / _STATE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        reason = (
            f"it is torn: expected the SHA-256 of what precedes in its last {_DIGEST_BYTES} bytes, "
            f"found another ({len(content)} bytes in all)"
        )
    else:
        arrays, meta = _decoded(body)
        if meta["fingerprint"] == fingerprint:
            return arrays, meta
        if meta.get("finished", False):
            report(f"{path}: of a finished training with other parameters or inputs; starting anew")
            return None
        reason = (
            "it is of a training with other parameters or inputs: expected fingerprint "
            f"{fingerprint}, found {meta['fingerprint']}"
        )
    report(f"{path}: not used, kept as {_set_aside(path).name}, training starts anew: {reason}")
    return None


def _encoded(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> bytes:
    if "fingerprint" not in meta:
        raise ValueError("the meta of a state must have a fingerprint")
    values = {name: np.asarray(array) for name, array in arrays.items()}
    for name, value in values.items():
        # 2: a type that another package registered, which would come back as raw bytes
        if value.dtype.kind not in "biufc" or value.dtype.isbuiltin == 2:
            raise TypeError(
                f"array {name!r} has type {value.dtype}, which a state file cannot hold exactly: "
                "give booleans or numbers of NumPy's own types (a view as uint16 for bfloat16)"
            )
    # numbered members: any text can be an array's name
    document = json.dumps({"names": list(values), "meta": dict(meta)}).encode()
    stream = io.BytesIO()
    np.savez(stream, np.frombuffer(document, np.uint8), *values.values(), allow_pickle=False)
    return stream.getvalue()


def _decoded(body: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    with np.load(io.BytesIO(body), allow_pickle=False) as members:
        document = json.loads(members["arr_0"].tobytes())
        names = document["names"]
        arrays = {name: members[f"arr_{number}"] for number, name in enumerate(names, start=1)}
    return arrays, document["meta"]


def _move(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except FileNotFoundError as error:
        raise LeaseLost(
            f"{path}: another training has taken over this state while this one was writing it. "
            "This one stops; the other goes on from the last state: wait for it."
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems sync files only
            raise
    finally:
        os.close(descriptor)


def _remove_temporaries(folder: Path) -> None:
    for temporary in folder.glob(_TEMPORARIES):
        temporary.unlink(missing_ok=True)


def _set_aside(path: Path) -> Path:
    """Rename a state file to the first free number and return the new path."""
    number = 1
    while True:
        target = path.with_name(f"set-aside-{number}.npz")
        try:
            target.open("xb").close()  # reserved, so that the rename overwrites no other file
            break
        except FileExistsError:
            number += 1
    path.replace(target)
    _sync_folder(path.parent)
    return target
