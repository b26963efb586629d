"""What a schema cannot say about pictures, and about networks that see them."""

from collections.abc import Iterator, Mapping
from typing import Any

from winnow.study.choices import PICTURES, foreign_keys
from winnow.study.keys.images import image_key_names, images
from winnow.study.keys.model import model
from winnow.study.schema import Config

LEAKS = ("truthE", "truthPX", "truthPY", "truthPZ")
"""Columns of the top-tagging reference layout that are the top quark's, and 0 without one."""


def image_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the section `images` of a complete config, one line a fault."""
    yield from _leaks(config)
    for name, pattern in config["columns"]["lists"].items():
        if pattern.count("*") != 1:
            yield (
                f"config key `columns.lists.{name}`: found {pattern!r}, expected the name of "
                "numbered columns with one star for the number, such as `PX_*`."
            )
    pixels = "images" in config and images(config["images"]).pixel_classes
    if len(config["classes"]) < 2 and not pixels:
        yield (
            f"config key `classes`: found {', '.join(config['classes'])} alone, expected at least "
            "2 entries; give the processes that it is to be told from a class."
        )
    if "images" not in config:
        if model(config["model"]).target == "pixel":
            yield (
                f"config key `model.family`: `{config['model']['family']}` gives a class for each "
                "pixel; make pictures of `hits` in the section `images`."
            )
        return
    own = images(config["images"])
    yield from own.faults()
    of_pixels = model(config["model"]).target == "pixel"
    if own.pixel_classes and not of_pixels:
        yield (
            f"config key `model.family`: found `{config['model']['family']}`, but pictures of "
            f"`{own.kind}` have a class for each pixel, not one an event; use `unet`."
        )
    if of_pixels and not own.pixel_classes:
        yield (
            f"config key `model.family`: `{config['model']['family']}` gives a class for each "
            f"pixel, which pictures of `{own.kind}` do not have; use `convolutional` or `dense`."
        )
    if own.pixel_classes and config.get("signal_class") is not None:
        yield (
            "config key `signal_class`: the scores of such a study are of pixels, none of which is "
            "signal; remove it."
        )
    yield from _idle(config)


def given_image_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """List keys of `images` that another kind of picture has, of a config as it is given."""
    own = given.get("images", {})
    for name, owners in foreign_keys(PICTURES, own.get("kind", "jets"), own, image_key_names):
        yield (
            f"config key `images.{name}`: goes with the kind {owners}, found "
            f"`{own.get('kind', 'jets')}`; remove it."
        )


def _idle(config: Config) -> Iterator[str]:
    """List what pictures do not go with yet."""
    if config["apply"]["files"] or config["apply"]["friends"]:
        yield (
            "config key `apply`: scores tables of features alone, and this study's networks see "
            "pictures; remove the section."
        )
    for name in config["export"]["formats"]:
        yield (
            f"config key `export.formats`: `{name}` takes a table of features, and this study's "
            "networks see pictures; remove it."
        )


def _leaks(config: Config) -> Iterator[str]:
    columns = config["columns"]
    used = {
        "columns.features": {feature["name"] for feature in columns["features"]},
        "images.objects": set(config.get("images", {}).get("objects", {}).values()),
        **{
            f"columns.derived.{name}": {leak for leak in LEAKS if leak in text}
            for name, text in columns["derived"].items()
        },
    }
    for key, names in used.items():
        for name in LEAKS:
            if name in names:
                yield (
                    f"config key `{key}`: `{name}` is the top quark's, 0 for a jet without one, so "
                    "that it tells the class; remove it, or list it in `columns.spectators`."
                )
