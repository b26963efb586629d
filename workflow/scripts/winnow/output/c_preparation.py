"""The normalisation of `winnow.preparation.normalise.apply` as a C function, in double."""

from collections.abc import Mapping, Sequence
from typing import Any

from winnow.output.c_text import array, number


def preparation(transform: Mapping[str, Any], place: int) -> str:
    """Return tables and the function `prepare_<place>` from raw features to a network's inputs.

    Every column is a variable of its own; joint steps make new ones.
    """
    tables, lines, values = list[str](), list[str](), dict[str, str]()
    for position, item in enumerate(transform["inputs"]):
        given = f"features[{position}]"
        impute = number("double", item["impute"])
        values[item["name"]] = f"c{position}"
        lines.append(f"    double c{position} = isnan({given}) ? {impute} : (double){given};")
        if item["indicator"]:
            values[item["indicator"]] = f"(isnan({given}) ? 1.0 : 0.0)"
    for step_number, step in enumerate(transform["steps"]):
        own = f"t{place}_{step_number}"
        if step["operation"] == "matrix":
            lines += _matrix(step, values, own)
        else:
            for position, name in enumerate(step["features"]):
                made, told = _single(step, position, values[name], f"{own}_{position}")
                tables += made
                lines.append(told)
    lines += [
        f"    out[{position}] = (float){values[name]};"
        for position, name in enumerate(transform["outputs"])
    ]
    unused = [v for v in values.values() if v.startswith("c")]
    lines += [f"    (void){name};" for name in unused]
    body = "\n".join(lines)
    head = f"static void prepare_{place}(const float *features, float *out)\n{{\n"
    return "\n".join([*tables, f"{head}{body}\n}}\n"])


def _single(step: Mapping[str, Any], position: int, value: str, name: str) -> tuple[list[str], str]:
    """Return tables and a statement of one feature's step."""
    if step["operation"] == "linear":
        centre, scale = (number("double", step[key][position]) for key in ("centre", "scale"))
        return [], f"    {value} = ({value} - ({centre})) / ({scale});"
    if step["operation"] == "log":
        return [], f"    {value} = log(fmax({value}, {number('double', step['floor'][position])}));"
    points, heights = step["x"][position], step["y"][position]
    tables = [array("double", f"{name}_x", points), array("double", f"{name}_y", heights)]
    call = f"interpolated({value}, {name}_x, {name}_y, {len(points)})"
    return tables, f"    {value} = {call};"


def _matrix(step: Mapping[str, Any], values: dict[str, str], name: str) -> list[str]:
    """Return statements of a joint step, whose features make way for its outputs."""
    given = [values.pop(feature) for feature in step["features"]]
    centred = [
        f"    {one} -= {number('double', centre)};"
        for one, centre in zip(given, step["centre"], strict=True)
    ]
    sums = []
    for position, (output, row) in enumerate(zip(step["outputs"], step["matrix"], strict=True)):
        sums.append(f"    double c{name}_{position} = {_sum(row, given)};")
        values[output] = f"c{name}_{position}"
    return centred + sums


def _sum(row: Sequence[float], given: Sequence[str]) -> str:
    return " + ".join(
        f"({number('double', own)}) * {one}" for own, one in zip(row, given, strict=True)
    )
