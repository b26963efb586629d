"""Texts of a config that stand on figures: what matplotlib cannot draw is told when it is read."""

from collections.abc import Iterator

from winnow.study.schema import Config


def label_faults(config: Config) -> Iterator[str]:
    """List the texts of a complete config that mathtext cannot draw, one line a fault."""
    texts = [(key, text) for key, text in figure_texts(config) if "$" in text]
    if not texts:
        return
    # a tenth of a second, which only plans with mathematics take
    from matplotlib.cbook import is_math_text
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for key, text in texts:
        for line in text.splitlines():
            try:
                # an odd number of dollars is no mathematics to matplotlib
                if is_math_text(line):
                    parser.parse(line)
            except ValueError as error:
                yield (
                    f"config key `{key}`: found {text!r}, which matplotlib's mathtext cannot draw "
                    f"({_told(error)}). Use commands that it knows, such as `\\mathrm{{}}` and "
                    "`\\sqrt{}`; a dollar sign that begins no mathematics is written `\\$`."
                )


def figure_texts(config: Config) -> Iterator[tuple[str, str]]:
    """List (config key, text) of every text that a figure shows."""
    yield "plots.label", config["plots"]["label"]
    for name, text in config["plots"]["titles"].items():
        yield f"plots.titles.{name}", text
    for name, own in config["plots"]["spectators"].items():
        yield f"plots.spectators.{name}", f"{own['label']} [{own['unit']}]"
    for index, feature in enumerate(config["columns"]["features"]):
        text = f"{feature['label']} [{feature['unit']}]" if feature["unit"] else feature["label"]
        yield f"columns.features[{index}].label", text
    # features have labels of their own
    for name in set(config.get("calibration", {}).get("columns", ())) & {
        *config["columns"]["spectators"]
    }:
        yield "calibration.columns", name
    for name in config["importance"]["groups"]:
        yield f"importance.groups.{name}", name


def _told(error: ValueError) -> str:
    """Return what the parser says of it, without its long list of all that it knows."""
    text = str(error).strip().splitlines()[-1].partition(": ")[2]
    told, _, place = text.partition("  (at char ")
    expected = told.rpartition(", found ")[0]
    if expected.startswith("Expected {"):
        return f"not understood from character {place.split(')')[0]} of the mathematics on"
    return expected
