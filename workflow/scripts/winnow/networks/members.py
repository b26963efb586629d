"""A classifier as it leaves: the mean of networks, each with its own preparation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from winnow.errors import ModelError
from winnow.networks.operations import Operation, operations
from winnow.networks.passport import positive_of


@dataclass(frozen=True)
class Member:
    """One network of a classifier.

    Attributes:
        transform: its normalisation, as its passport has it.
        operations: the network.
    """

    transform: Mapping[str, Any]
    operations: Sequence[Operation]


@dataclass(frozen=True)
class Classifier:
    """Networks whose mean is a classifier: one, a scan point's replicas, or folds.

    Attributes:
        members: the networks.
        features: name and unit of each input, in order.
        classes: the classes, in order.
        positive: for a network of one output the class whose score it is.
        passports: those of the members.
    """

    members: Sequence[Member]
    features: Sequence[Mapping[str, str]]
    classes: Sequence[str]
    positive: int
    passports: Sequence[Mapping[str, Any]]


def classifier(networks: Sequence[Any], passports: Sequence[Mapping[str, Any]]) -> Classifier:
    """Return what several trained networks give together.

    Args:
        networks: Keras models.
        passports: theirs, in the same order.

    Raises:
        ModelError: they differ in features or classes, or one has layers that cannot be exported.
    """
    first = passports[0]
    members = []
    for network, passport in zip(networks, passports, strict=True):
        for name in ("features", "classes", "positive_class"):
            if passport[name] != first[name]:
                raise ModelError(
                    f"export: the networks differ in {name}: {passport[name]!r} and "
                    f"{first[name]!r}. Export networks of one study."
                )
        own = operations(network)
        if own is None or "shape" in passport["transform"]["inputs"][0]:
            raise ModelError(
                "export: the network has layers other than Dense, Activation, Add, "
                "BatchNormalization and Dropout, which the formats onnx and c do not take. Leave "
                "them out of `export.formats`; keras and saved_model take every network."
            )
        members.append(Member(passport["transform"], own))
    positive = positive_of(first)
    return Classifier(members, first["features"], first["classes"], positive, passports)
