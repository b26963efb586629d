"""Damage: a file's bytes to others, the same for the same seed."""

import io
import struct
import zipfile
from collections.abc import Callable

import numpy as np

_EXTREME = (0, 1, -1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1)
_TOKENS = (
    *(
        b"",
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"1e-999",
        b"0x10",
        b"1_000",
        b"-",
        b"+",
        b".",
        b"1.",
    ),
    *(
        b"1,5",
        b'"',
        b'""',
        b'"a"b',
        b"'",
        b"#",
        b"\\",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\t",
    ),
    *(b"9007199254740993", b"1" * 400, b"x" * 5000, b"NA", b"null", b"True", b" 1 ", b"\xc2\xa0"),
    *("١٢".encode(), "½".encode(), b"1e", b"--1", b"=1+1", b"\x1a", b"\x0b", b"\xe2\x80\xa8"),
)

Damage = Callable[[bytearray, np.random.Generator], bytearray]


def _place(content: bytearray, random: np.random.Generator) -> int:
    """Return a byte's position, more often than not near the ends, where formats say what is."""
    length, draw = len(content), random.random()
    if draw < 0.6 or length < 2:
        return int(random.integers(max(length, 1)))
    near = int(random.integers(min(600, length)))
    return near if draw < 0.8 else length - 1 - near


def _slice(content: bytearray, random: np.random.Generator, most: int = 400) -> slice:
    start = _place(content, random)
    return slice(start, start + int(random.integers(1, most)))


def _bits(content: bytearray, random: np.random.Generator) -> bytearray:
    for _ in range(int(random.choice([1, 1, 1, 2, 8]))):
        if content:
            content[_place(content, random)] ^= 1 << int(random.integers(8))
    return content


def _byte(content: bytearray, random: np.random.Generator) -> bytearray:
    if content:
        content[_place(content, random)] = int(random.choice([0, 255, random.integers(256)]))
    return content


def _number(content: bytearray, random: np.random.Generator) -> bytearray:
    """Put a number that is seldom a good one where one may be."""
    kind = str(random.choice(["b", "<h", ">h", "<i", ">i", "<q", ">q"]))
    bits = 8 * struct.calcsize(kind)
    value = int(random.choice(_EXTREME)) % 2**bits
    spelled = struct.pack(kind.upper(), value)
    start = _place(content, random)
    content[start : start + len(spelled)] = spelled
    return content


def _cut(content: bytearray, random: np.random.Generator) -> bytearray:
    return content[: _place(content, random)]


def _removed(content: bytearray, random: np.random.Generator) -> bytearray:
    del content[_slice(content, random)]
    return content


def _inserted(content: bytearray, random: np.random.Generator) -> bytearray:
    count, start = int(random.integers(1, 60)), _place(content, random)
    content[start:start] = random.bytes(count) if random.random() < 0.5 else bytes(count)
    return content


def _appended(content: bytearray, random: np.random.Generator) -> bytearray:
    more = random.bytes(int(random.integers(1, 60))) if random.random() < 0.5 else bytes(content)
    return content + more


def _repeated(content: bytearray, random: np.random.Generator) -> bytearray:
    part = _slice(content, random)
    content[part.start : part.start] = content[part]
    return content


def _swapped(content: bytearray, random: np.random.Generator) -> bytearray:
    first, second = sorted(
        [_slice(content, random), _slice(content, random)], key=lambda s: s.start
    )
    first = slice(first.start, min(first.stop, second.start))
    one, other = content[first], content[second]
    content[second], content[first] = one, other
    return content


def _blank(content: bytearray, random: np.random.Generator) -> bytearray:
    part = _slice(content, random)
    content[part] = bytes(len(content[part]))
    return content


ANY: tuple[Damage, ...] = (
    *(_bits, _byte, _number, _cut, _removed, _inserted, _appended, _repeated, _swapped, _blank),
)


def _lines(content: bytearray) -> list[bytearray]:
    return content.split(b"\n")


def _line(content: bytearray, random: np.random.Generator) -> bytearray:
    lines = _lines(content)
    place = int(random.integers(len(lines)))
    match int(random.integers(6)):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[int(random.integers(len(lines)))])
        case 2:
            lines.insert(place, bytearray(random.choice([b"", b" ", b"\r", b"#", b"# x", b",,"])))
        case 3:
            lines[place : place + 2] = [bytearray().join(lines[place : place + 2])]
        case 4:
            lines[place] += b"\r"
        case _:
            lines[place] = lines[place][: len(lines[place]) // 2]
    return bytearray(b"\n").join(lines)


def _field(content: bytearray, random: np.random.Generator) -> bytearray:
    lines = _lines(content)
    place = int(random.integers(len(lines)))
    sign = b";" if b";" in lines[0] else b","
    fields = lines[place].split(sign)
    position = int(random.integers(len(fields)))
    if random.random() < 0.3:
        fields.insert(position, fields[0])
    else:
        fields[position] = bytearray(_TOKENS[int(random.integers(len(_TOKENS)))])
    lines[place] = bytearray(sign).join(fields)
    return bytearray(b"\n").join(lines)


def _repacked(content: bytearray, random: np.random.Generator) -> bytearray:
    """Damage what an archive holds: its own checksums are those of the damaged content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        names = old.namelist()
        chosen = int(random.integers(len(names)))
        for position, name in enumerate(names):
            own = bytearray(old.read(name))
            if position == chosen:
                own = ANY[int(random.integers(len(ANY)))](own, random)
            new.writestr(name, bytes(own), compress_type=old.getinfo(name).compress_type)
    return bytearray(stream.getvalue())


def mutated(content: bytes, form: str, seed: tuple[int, ...]) -> tuple[bytes, str]:
    """Return a file's bytes with one to three damages, and their names."""
    random = np.random.default_rng(seed)
    text = form == "csv" and not content.startswith(b"\x1f\x8b")
    choices = (*ANY, *(_line, _field) * 5) if text else ANY
    found, names = bytearray(content), []
    for position in range(int(random.choice([1, 1, 1, 2, 3]))):
        damage = choices[int(random.integers(len(choices)))]
        if form == "npz" and not position and random.random() < 0.5:
            damage = _repacked
        found = damage(found, random)
        names.append(damage.__name__)
    return bytes(found), " ".join(names)
