"""Sections as classes: the schema that follows from one, and objects made of a config's values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import jsonschema
import pytest

from winnow.errors import ConfigError
from winnow.study import catalogue
from winnow.study.keys.training import EarlyStopping, Phase, Schedule, Training, phases
from winnow.study.typed import PartsOf, made, no_key, object_schema, plain, says


@dataclass(frozen=True)
class Inner:
    """What is inside.

    And what nobody reads in a table.
    """

    rate: Annotated[float, says(exclusiveMinimum=0, unit="Hz")] = 2.0
    """How often,
    told on two lines."""


@dataclass(frozen=True)
class Outer(Inner):
    """The section."""

    target: ClassVar[str] = "class"

    name: str = "a"
    """Its name."""
    kind: Literal["x", "y"] = "x"
    """Its kind."""
    wait: Literal["auto"] | Annotated[int, says(minimum=0)] = "auto"
    """How long."""
    sizes: Annotated[tuple[int, ...], says(minItems=1)] = (3, 4)
    """Sizes."""
    most: int | None = None
    """The most; default as many as there are."""
    inner: Inner = field(default_factory=Inner)
    """What is inside."""
    parts: Annotated[tuple[Mapping[str, Any], ...], PartsOf(Inner)] = ()
    """Parts."""
    given: str | None = no_key()


def test_the_schema_says_what_the_class_says():
    schema = object_schema(Outer)
    jsonschema.Draft202012Validator.check_schema(schema)
    inner = {
        "type": "object",
        "additionalProperties": False,
        "description": "What is inside.",
        "properties": {
            "rate": {
                "type": "number",
                "exclusiveMinimum": 0,
                "unit": "Hz",
                "default": 2,
                "description": "How often, told on two lines.",
            }
        },
    }
    assert schema == {
        "type": "object",
        "default": {},
        "additionalProperties": False,
        "description": "The section.",
        "properties": {
            **inner["properties"],
            "name": {"type": "string", "default": "a", "description": "Its name."},
            "kind": {"enum": ["x", "y"], "default": "x", "description": "Its kind."},
            "wait": {
                "anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 0}],
                "default": "auto",
                "description": "How long.",
            },
            "sizes": {
                "type": "array",
                "items": {"type": "integer"},
                "minItems": 1,
                "default": [3, 4],
                "description": "Sizes.",
            },
            "most": {
                "type": "integer",
                "description": "The most; default as many as there are.",
            },
            "inner": {**inner, "default": {}, "description": "What is inside."},
            "parts": {
                "type": "array",
                "items": inner,
                "partial": True,
                "default": [],
                "description": "Parts.",
            },
        },
    }


@dataclass(frozen=True)
class Range:
    """From where to where."""

    low: float
    """Where it begins."""
    high: float = 1.0
    """Where it ends."""


@dataclass(frozen=True)
class Named:
    """A section of mappings."""

    share: Annotated[float, says(minimum=0)] | Mapping[str, float] = 0.0
    """One, or one a name."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    """A range a name."""
    cuts: Range | None = None
    """Cuts, for those who want some."""
    whole: Range = field(default_factory=lambda: Range(0.0))
    """A range that must be whole where it is given."""


def test_a_key_without_default_must_be_given_and_a_mapping_holds_sections():
    own = object_schema(Range)
    assert own["required"] == ["low"]
    assert "default" not in own
    properties = object_schema(Named)["properties"]
    assert properties["share"]["anyOf"] == [
        {"type": "number", "minimum": 0},
        {"type": "object", "additionalProperties": {"type": "number"}},
    ]
    assert properties["ranges"]["additionalProperties"] == own
    assert properties["ranges"]["default"] == {}
    assert properties["cuts"] == {**own, "description": "Cuts, for those who want some."}
    assert properties["whole"]["default"] == {"low": 0, "high": 1}
    values = {"share": {"a": 1}, "ranges": {"b": {"low": 2}}, "cuts": {"low": 0, "high": 3}}
    found = made(Named, values)
    assert found == Named({"a": 1.0}, {"b": Range(2.0)}, Range(0.0, 3.0))
    assert isinstance(found.share["a"], float)
    assert made(Named, {"share": 2}).share == 2.0
    assert made(Named, plain(found)) == found
    with pytest.raises(TypeError, match="low"):
        made(Named, {"cuts": {"high": 3}})


def test_an_object_is_made_of_plain_values_and_gives_them_back():
    values = {
        "rate": 1,
        "name": "b",
        "kind": "y",
        "wait": 3,
        "sizes": [1, 2],
        "inner": {"rate": 5},
        "parts": [{"rate": 7}],
    }
    found = made(Outer, values)
    assert found == Outer(1.0, "b", "y", 3, (1, 2), None, Inner(5.0), ({"rate": 7},))
    assert isinstance(found.rate, float)
    assert plain(found) == values
    assert made(Outer, {}) == Outer()


@pytest.mark.parametrize("values", [{"rat": 1}, {"inner": {"rat": 1}}])
def test_a_key_that_is_none_is_no_argument(values):
    with pytest.raises(TypeError, match="has no key 'rat'"):
        made(Outer, values)


def test_a_phase_has_the_keys_of_all_with_its_own_over_them():
    training = {
        "learning_rate": 0.5,
        "schedule": {"kind": "linear", "final": 0.2},
        "phases": [{}, {"schedule": {"final": 0.3}, "early_stopping": {"patience": 4}}],
        "threads": 2,
    }
    first, second = phases(made(Training, training))
    stopping = EarlyStopping(0)  # a schedule counts on all epochs
    expected = Phase(learning_rate=0.5, schedule=Schedule("linear", 0.2), early_stopping=stopping)
    assert first == expected
    assert second.schedule == Schedule("linear", 0.3)
    assert second.early_stopping == EarlyStopping(4)
    assert second.learning_rate == 0.5


def test_a_key_of_one_name_is_one_key_in_all_families():
    @dataclass(frozen=True)
    class Other:
        """Another."""

        rate: float = 3.0
        """Another rate."""

    with pytest.raises(ConfigError, match="the key 'rate' is another one elsewhere"):
        catalogue._add_keys({"properties": {}}, [Inner, Other])
