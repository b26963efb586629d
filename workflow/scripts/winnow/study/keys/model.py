"""The section `model`: what the keys of every family of networks have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from winnow.study.choices import FAMILIES, keys_of
from winnow.study.typed import key_names, made, no_key, says

Target = Literal["class", "pixel", "input"]
Text = Annotated[str, says(minLength=1)]


@dataclass(frozen=True)
class Model:
    """The network.

    Attributes:
        target: what a network of the family learns to give: the class of an event, the class of
            each pixel, or the input itself. Loss and accuracy follow from it.
    """

    target: ClassVar[Target] = "class"

    family: str = "dense"
    """Kind of network:"""
    module: Text | None = None
    """Python file with a family of your own, relative to the working directory; it takes the place
    of `family`. Layers, activations and the like of your own may be in it. Whatever applies the
    model builds it from this file again, which must not have changed since; no code is loaded from
    a model file."""
    function: str = "build"
    """Function of `module` that is called with this section, the number of inputs, of classes, and
    a seed, and returns a Keras model."""
    output: Literal["auto", "sigmoid", "softmax"] = "auto"
    """`sigmoid` with binary or `softmax` with categorical cross-entropy; `auto` is sigmoid for two
    classes."""
    sha256: str | None = no_key()

    def faults(self) -> Iterator[str]:
        """List what the schema cannot say of the section, one line a fault."""
        yield from ()


def model(values: Mapping[str, Any]) -> Model:
    """Return the section `model` as its family's keys."""
    return made(family_keys(str(values.get("family", Model.family))), values)


def family_keys(family: str) -> type[Model]:
    """Return the keys of a family."""
    return keys_of(FAMILIES, family, "build")


def own_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section `model` without the keys that its family does not have."""
    known = key_names(family_keys(values["family"]))
    return {name: value for name, value in values.items() if name in known}
