"""Event identity: the same event has the same 64-bit id whatever file it is read from.

The ids decide which sample an event belongs to, so they must not depend on the file format,
the number type of a column, the row order or the chunking. Every value is first brought to
canonical bits, then mixed with the finaliser of splitmix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
_FRACTION = np.uint64(0xA0761D6478BD642F)  # keeps the bits of 0.5 apart from those of an integer
_MISSING = np.uint64(0xE7037ED1A0B428DB)
LARGEST_WHOLE = 2**53
"""Up to here a float64 holds every whole number."""
_FEW_TEXTS = 64


def splitmix64(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output of splitmix64 for every state, shape kept.

    The generator's n-th number for a seed is `splitmix64(seed + n * 0x9E3779B97F4A7C15)`, n from 0.
    """
    mixed = state + _GOLDEN
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST_FACTOR
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND_FACTOR
    mixed ^= mixed >> np.uint64(31)
    return mixed


def key(*parts: str | int) -> int:
    """Return a stable unsigned 64-bit key of texts and integers; their order and type count."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = f"{type(part).__name__}:{part}".encode()
        digest.update(len(text).to_bytes(8, "little") + text)
    return int.from_bytes(digest.digest(), "little")


def file_hash(path: str | Path) -> str:
    """Hash a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(event_id: NDArray[np.uint64]) -> int:
    """Return a hash of some events' ids that does not depend on their order, below 2**64.

    That of several parts is the sum of theirs, modulo 2**64.
    """
    return int(splitmix64(event_id).sum(dtype=np.uint64))


def uniform(event_id: NDArray[np.uint64], key: int) -> NDArray[np.float64]:
    """Return one number in [0, 1) per event, shape (events,).

    It depends on the event's id and the key only; numbers of different keys are independent.
    """
    inner = splitmix64(event_id ^ np.uint64(key))
    return (splitmix64(inner) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def event_ids(columns: Mapping[str, pa.Array | NDArray[Any]]) -> NDArray[np.uint64]:
    """Return the id of every event from the values of columns of equal length.

    Columns are taken in name order and their names count. A number has the same id as integer,
    float32, float64 or text that spells it (booleans are 0 and 1); -0.0 equals 0.0, all NaN,
    empty texts and nulls are equal; integers are exact. Other text counts letter by letter. A
    fraction is taken at the precision it was stored with: 0.1 as float32 is not 0.1 as float64.

    Args:
        columns: at least one column of numbers, booleans or text, each of shape (events,).

    Returns:
        uint64 ids of shape (events,).
    """
    ids: NDArray[np.uint64] | None = None
    for name in sorted(columns):
        state = _canonical_bits(columns[name])
        state ^= np.uint64(key("column", name))
        if ids is not None:
            state ^= ids
        ids = splitmix64(state)
    if ids is None:
        raise ValueError("an event id needs at least one column")
    return ids


def without_value(column: pa.Array | NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values of a column count as none in `event_ids`: null, NaN or empty."""
    missing: NDArray[np.bool_] = _canonical_bits(column) == _MISSING
    return missing


def spelled_number(text: str) -> int | float | None:
    """Return the number that a text spells (an integer exactly), None where it spells none."""
    if "_" in text:  # Python alone reads 1_000 as a number
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _canonical_bits(values: pa.Array | NDArray[Any]) -> NDArray[np.uint64]:
    """Return bits that are equal where values mean the same, as an array of its own."""
    if isinstance(values, np.ndarray) and values.dtype.kind not in "fiub":
        values = pa.array(values)
    if isinstance(values, np.ndarray):
        return _number_bits(values)
    if pa.types.is_dictionary(values.type):
        return _dictionary_bits(values)
    if pa.types.is_floating(values.type):
        return _number_bits(values.to_numpy(zero_copy_only=False))
    if pa.types.is_boolean(values.type) or pa.types.is_integer(values.type):
        wide = pa.uint64() if pa.types.is_unsigned_integer(values.type) else pa.int64()
        filled = pc.fill_null(values.cast(wide), 0).to_numpy(zero_copy_only=False)
        return _mark_nulls(_number_bits(filled), values)
    return _dictionary_bits(values.cast(pa.string()).dictionary_encode())


def _number_bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    if values.dtype.kind == "u":
        return values.astype(np.uint64)
    if values.dtype.kind != "f":
        return values.astype(np.int64).view(np.uint64)
    exact = np.ascontiguousarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # NaN and huge numbers have no integer
        whole = exact.astype(np.int64)
    bits: NDArray[np.uint64] = exact.view(np.uint64) ^ _FRACTION
    np.copyto(bits, whole.view(np.uint64), where=(whole == exact) & (exact < 2.0**63))
    missing = np.isnan(exact)
    if missing.any():
        bits[missing] = _MISSING
    return bits


def _mark_nulls(bits: NDArray[np.uint64], values: pa.Array) -> NDArray[np.uint64]:
    if values.null_count:
        bits[values.is_null().to_numpy(zero_copy_only=False)] = _MISSING
    return bits


def _dictionary_bits(values: pa.DictionaryArray) -> NDArray[np.uint64]:
    distinct = values.dictionary
    if len(distinct) == 0:
        return np.full(len(values), _MISSING)
    is_text = pa.types.is_string(distinct.type)
    bits = _text_bits(distinct) if is_text else _canonical_bits(distinct)
    codes = pc.fill_null(values.indices, 0).to_numpy(zero_copy_only=False)
    return _mark_nulls(bits[codes], values)


def _text_bits(texts: pa.Array) -> NDArray[np.uint64]:
    # a cast that fails costs more than the loop: try it only where it is likely to work
    if len(texts) > _FEW_TEXTS and spelled_number(texts[0].as_py() or "") is not None:
        numbers = _spelled_numbers(texts)
        if numbers is not None:
            return _canonical_bits(numbers)
    return np.array([_one_text_bits(text or "") for text in texts.to_pylist()], dtype=np.uint64)


def _spelled_numbers(texts: pa.Array) -> pa.Array | None:
    """Return the numbers that all texts spell, or None where some do not or digits would be lost.

    The fast way to what `_one_text_bits` does text by text: both must agree.
    """
    filled = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
    if pc.any(pc.match_substring(filled, "x")).as_py():  # Arrow reads 0x10 as a number
        return None
    for whole in (pa.int64(), pa.uint64()):
        try:
            return filled.cast(whole)
        except pa.ArrowInvalid:
            continue
    try:
        numbers = filled.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    largest = pc.max(pc.abs(numbers)).as_py()
    return numbers if largest is None or not largest >= LARGEST_WHOLE else None


def _one_text_bits(text: str) -> np.uint64:
    word = text.strip().lower()
    if word in ("true", "false"):
        return np.uint64(word == "true")
    if not word:
        return _MISSING
    number = spelled_number(word)
    if number is None:
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return np.uint64(int.from_bytes(digest, "little"))
    if isinstance(number, int) and -(2**63) <= number < 2**64:
        return np.uint64(number % 2**64)
    return np.uint64(_number_bits(np.array([float(number)]))[0])
