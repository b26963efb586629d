"""Texts and lists of any length in HDF5, looked at before the library reads them.

What such a data set holds of an entry is a length and a place in a heap of the file. The library
takes both at their word: of a damaged length it makes room for up to 4 GB, and it goes round for
ever in a heap that was overwritten with zeros, as in a file with a hole.
"""

import os
import struct
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
_OBJECT = struct.Struct("<HHIQ")
_HEAP = struct.Struct("<4sB3xQ")
_WORDS = (8, 8)
"""Bytes of an address and of a length in all but files from very small machines."""


class Heaps:
    """The heaps of a file that were found sound."""

    def __init__(self, stream: BinaryIO, root: h5py.File) -> None:
        """Take a file's bytes, and what HDF5 finds in them."""
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._base = int(root.userblock_size)
        self._known = root.id.get_create_plist().get_sizes() == _WORDS
        self._sound: set[int] = set()

    def check(self, dataset: h5py.Dataset, start: int, stop: int) -> None:
        """Refuse entries of a data set whose lengths or heaps are damaged.

        Args:
            dataset: of one axis.
            start: the first entry.
            stop: the entry behind the last.

        Raises:
            ValueError: the file does not hold what they say.
        """
        item = _item_bytes(dataset.dtype)
        if item is None or not self._known or stop <= start:
            return
        found = self._references(dataset, start, stop)
        if found is None:
            return
        found = found[(found["length"] > 0) & (found["address"] > 0)]
        if float(found["length"].sum(dtype=np.float64)) * item > self._size:
            raise ValueError(
                f"entries {start} to {stop} of {dataset.name} are longer than the file"
            )
        for address in set(np.unique(found["address"]).tolist()) - self._sound:
            self._check_heap(address)
            self._sound.add(address)

    def _check_heap(self, address: int) -> None:
        place = self._base + address
        told = f"the heap at byte {place} is damaged"
        if place + _HEAP.size > self._size:
            raise ValueError(told)
        self._stream.seek(place)
        mark, _, size = _HEAP.unpack(self._stream.read(_HEAP.size))
        if mark != b"GCOL" or not _HEAP.size <= size <= self._size - place:
            raise ValueError(told)
        content, at = self._stream.read(size - _HEAP.size), 0
        while at + _OBJECT.size <= len(content):
            index, _, _, own = _OBJECT.unpack_from(content, at)
            step = _OBJECT.size + (own + 7) // 8 * 8 if index else own
            if not _OBJECT.size <= step <= len(content) - at:
                raise ValueError(told)
            at += step

    def _references(self, dataset: h5py.Dataset, start: int, stop: int) -> NDArray[np.void] | None:
        """Return where the entries lie, (stop - start,); None: that cannot be seen."""
        plan = dataset.id.get_create_plist()
        if plan.get_layout() == h5py.h5d.CONTIGUOUS and not plan.get_external_count():
            place = dataset.id.get_offset()
            if place is None:
                return None
            self._stream.seek(place + start * _REFERENCE.itemsize)
            content = self._stream.read((stop - start) * _REFERENCE.itemsize)
            return np.frombuffer(content[: len(content) // 16 * 16], _REFERENCE)
        return _of_chunks(dataset, start, stop) if dataset.chunks is not None else None


def _item_bytes(kind: np.dtype[Any]) -> int | None:
    """Return the bytes of one of the values that an entry may have any number of."""
    text = h5py.check_string_dtype(kind)
    if text is not None:
        return 1 if text.length is None else None
    own = h5py.check_vlen_dtype(kind)
    return None if own is None else int(np.dtype(own).itemsize)


def _of_chunks(dataset: h5py.Dataset, start: int, stop: int) -> NDArray[np.void]:
    """Return the references of packed entries: unpacked by the library, under another type."""
    (step,), plan = dataset.chunks, h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((step,))
    own = dataset.id.get_create_plist()
    for number in range(own.get_nfilters()):
        code, flags, values, _ = own.get_filter(number)
        plan.set_filter(code, flags, values)
    first, last = start // step, -(-stop // step)
    with h5py.File(f"{id(dataset)}", "w", driver="core", backing_store=False) as copy:
        space = h5py.h5s.create_simple(((last - first) * step,))
        kind = h5py.h5t.create(h5py.h5t.OPAQUE, _REFERENCE.itemsize)
        raw = h5py.h5d.create(copy.id, b"raw", kind, space, plan)
        for number in range(first, last):
            place = (number * step,)
            if dataset.id.get_chunk_info_by_coord(place).byte_offset is not None:
                mask, content = dataset.id.read_direct_chunk(place)
                raw.write_direct_chunk(((number - first) * step,), content, mask)
        content = copy["raw"][start - first * step : stop - first * step].tobytes()
    return np.frombuffer(content, _REFERENCE)
