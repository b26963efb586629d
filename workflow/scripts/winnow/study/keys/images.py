"""The section `images`: what the keys of every kind of picture have in common."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from winnow.study.choices import PICTURES, keys_of
from winnow.study.keys.bounds import Count
from winnow.study.typed import key_names, made, says


@dataclass(frozen=True)
class Images:
    """Pictures made of an event's objects, which then are what networks see of it.

    Attributes:
        wanted: the sets of quantities that a picture can be made of; `objects` gives one of them.
        optional: quantities that may be given beside.
    """

    wanted: ClassVar[tuple[tuple[str, ...], ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()

    kind: str = "jets"
    """What is drawn:"""
    objects: Mapping[str, str] = field(default_factory=dict)
    """Quantity → the column with its value for each of an event's objects, a list an event."""
    pixels: Annotated[tuple[Count, ...], says(minItems=2, maxItems=2)] = (40, 40)
    """Rows and columns of a picture."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an event's picture."""
        return (*self.pixels, 1)

    @property
    def pixel_classes(self) -> tuple[str, ...]:
        """The classes of pixels, the first where nothing is; none where pixels have none."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the objects are read from, each once."""
        return tuple(dict.fromkeys(self.objects.values()))

    def faults(self) -> Iterator[str]:
        """List what the schema cannot say of the section, one line a fault."""
        given = set(self.objects)
        if not any(given - set(self.optional) == set(own) for own in self.wanted):
            sets = " or ".join(", ".join(own) for own in self.wanted)
            also = f"; {', '.join(self.optional)} may stand beside" if self.optional else ""
            yield (
                f"config key `images.objects`: found {', '.join(sorted(given)) or 'nothing'}, "
                f"expected the columns of {sets}{also}."
            )


def images(values: Mapping[str, Any]) -> Images:
    """Return the section `images` as the keys of its kind."""
    return made(image_keys(str(values.get("kind", Images.kind))), values)


def image_keys(kind: str) -> type[Images]:
    """Return the keys of a kind of picture."""
    return keys_of(PICTURES, kind, "draw")


def image_key_names(kind: str) -> set[str]:
    """Return the names of the keys of a kind of picture."""
    return key_names(image_keys(kind))


def own_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section `images` without the keys that its kind does not have."""
    known: Collection[str] = image_key_names(values["kind"])
    return {name: value for name, value in values.items() if name in known}
