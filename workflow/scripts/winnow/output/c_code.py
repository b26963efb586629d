"""A classifier as C99: raw features in, one probability a class out, nothing else needed."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from winnow.networks.members import Classifier, Member
from winnow.networks.operations import Operation
from winnow.output.c_activations import ACTIVATIONS, WIDE, linear, needed_functions
from winnow.output.c_preparation import preparation
from winnow.output.c_text import array, comment, text

VECTOR = 4
"""A layer's width is filled up to a multiple of it, so that compilers vectorise its loops."""


def header(classifier: Classifier) -> str:
    """Return `model.h`: what the model takes and gives."""
    features = "\n".join(
        f" *   {place}: {comment(item['name'])} [{comment(item['unit'])}]"
        for place, item in enumerate(classifier.features)
    )
    classes = "\n".join(f" *   {n}: {comment(name)}" for n, name in enumerate(classifier.classes))
    hashes = ", ".join(str(p["config_sha256"])[:16] for p in classifier.passports)
    return f"""/* Written by winnow; hashes of the networks' configs: {hashes}.
 * Features, in order, with units; NaN where missing:
{features}
 * Probabilities, in order:
{classes}
 */
#ifndef WINNOW_MODEL_H
#define WINNOW_MODEL_H

#include <stddef.h>

#define WINNOW_FEATURES {len(classifier.features)}
#define WINNOW_CLASSES {len(classifier.classes)}

#ifdef __cplusplus
extern "C" {{
#endif

/* names and units of the features and names of the classes, in order */
extern const char *const winnow_feature_names[WINNOW_FEATURES];
extern const char *const winnow_feature_units[WINNOW_FEATURES];
extern const char *const winnow_class_names[WINNOW_CLASSES];

/* the place of a feature of this name, or -1 where there is none */
int winnow_feature_place(const char *name);

/* the probabilities of one event; may be called from several threads at once */
void winnow_predict(const float *features, float *probabilities);

/* of many, row after row: count * WINNOW_FEATURES numbers to count * WINNOW_CLASSES */
void winnow_predict_many(const float *features, float *probabilities, size_t count);

#ifdef __cplusplus
}}
#endif

#endif
"""


def source(classifier: Classifier) -> str:
    """Return `model.c`; numbers of the preparation are double, those of networks float."""
    transforms: list[str] = []
    parts: list[str] = []
    for member in classifier.members:
        told = json.dumps(member.transform)
        if told not in transforms:
            transforms.append(told)
            parts.append(preparation(member.transform, len(transforms) - 1))
    for number, member in enumerate(classifier.members):
        parts.append(_network(member, number))
    used = [o.activation for m in classifier.members for o in m.operations if o.activation]
    shapes = [
        (len(o.arrays[0]), _padded(o.width))
        for member in classifier.members
        for o in member.operations
        if o.kind == "linear"
    ]
    steps = [step for m in classifier.members for step in m.transform["steps"]]
    interpolate = any(step["operation"] == "interpolate" for step in steps)
    places = [transforms.index(json.dumps(member.transform)) for member in classifier.members]
    return "\n".join(
        [
            "/* Written by winnow: C99, no allocation, no state; compile with -O2, link -lm. */\n"
            '#include "model.h"\n\n#include <math.h>\n#include <string.h>\n',
            WIDE,
            _names(classifier),
            needed_functions(used, interpolate),
            *(linear(*shape) for shape in dict.fromkeys(shapes)),
            *parts,
            _predict(classifier, places),
        ]
    )


def _names(classifier: Classifier) -> str:
    columns: Mapping[str, tuple[str, Sequence[str]]] = {
        "feature_names": ("FEATURES", [item["name"] for item in classifier.features]),
        "feature_units": ("FEATURES", [item["unit"] for item in classifier.features]),
        "class_names": ("CLASSES", classifier.classes),
    }
    tables = [
        f"const char *const winnow_{name}[WINNOW_{size}] = {{{', '.join(map(text, values))}}};"
        for name, (size, values) in columns.items()
    ]
    return (
        "\n".join(tables)
        + """

int winnow_feature_place(const char *name)
{
    for (int i = 0; i < WINNOW_FEATURES; i++) {
        if (strcmp(winnow_feature_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}
"""
    )


def _network(member: Member, number: int) -> str:
    """Return tables and a function of one network, from its inputs to its outputs."""
    tables, lines = [], []
    widths = [len(member.transform["outputs"]), *(item.width for item in member.operations)]
    names = ["x", *(f"v{place}" for place in range(1, len(widths)))]
    for place, operation in enumerate(member.operations, start=1):
        own = f"n{number}_{place}"
        tables += _tables(operation, own)
        lines.append(f"    float v{place}[{_padded(operation.width)}];")
        given = [names[source] for source in operation.inputs]
        lines += _statements(operation, own, given, names[place], widths[operation.inputs[0]])
    body = "\n".join(lines)
    last = f"    memcpy(out, {names[-1]}, {widths[-1]} * sizeof(float));"
    head = f"WINNOW_WIDE static void network_{number}(const float *x, float *out)"
    function = f"{head}\n{{\n{body}\n{last}\n}}\n"
    return "\n".join([*tables, function])


def _padded(width: int) -> int:
    return VECTOR * -(-width // VECTOR)


def _tables(operation: Operation, name: str) -> list[str]:
    if not operation.arrays:
        return []
    first, second = operation.arrays
    if operation.kind == "linear":
        wide = np.zeros((first.shape[0], _padded(operation.width)), np.float32)
        wide[:, : operation.width] = first
        first = wide
        second = np.pad(second, (0, _padded(operation.width) - operation.width))
    return [array("float", f"{name}_a", first), array("float", f"{name}_b", second)]


def _statements(
    operation: Operation, name: str, given: Sequence[str], target: str, inputs: int
) -> list[str]:
    width = operation.width
    if operation.kind == "linear":
        function = f"linear_{inputs}_{_padded(width)}"
        return [f"    {function}({given[0]}, {name}_a, {name}_b, {target});"]
    loop = f"    for (int i = 0; i < {width}; i++) {{"
    if operation.kind == "scale":
        return [loop, f"        {target}[i] = {given[0]}[i] * {name}_a[i] + {name}_b[i];", "    }"]
    if operation.kind == "add":
        total = " + ".join(f"{one}[i]" for one in given)
        return [loop, f"        {target}[i] = {total};", "    }"]
    if operation.activation == "softmax":
        return [f"    softmax({given[0]}, {target}, {width});"]
    return [
        loop,
        f"        {target}[i] = {ACTIVATIONS[operation.activation]}({given[0]}[i]);",
        "    }",
    ]


def _predict(classifier: Classifier, places: Sequence[int]) -> str:
    """Return the functions that the header declares: the mean over the networks."""
    classes, lines = len(classifier.classes), list[str]()
    for number, member in enumerate(classifier.members):
        inputs, outputs = len(member.transform["outputs"]), member.operations[-1].width
        lines += [f"    float x{number}[{inputs}];", f"    float p{number}[{outputs}];"]
        lines.append(f"    prepare_{places[number]}(features, x{number});")
        lines.append(f"    network_{number}(x{number}, p{number});")
    count = len(classifier.members)
    for place in range(classes):
        parts = [
            _probability(f"p{number}", place, member.operations[-1].width, classifier)
            for number, member in enumerate(classifier.members)
        ]
        total = " + ".join(parts)
        mean = total if count == 1 else f"({total}) / {count}.0f"
        lines.append(f"    probabilities[{place}] = {mean};")
    body = "\n".join(lines)
    return f"""void winnow_predict(const float *features, float *probabilities)
{{
{body}
}}

void winnow_predict_many(const float *features, float *probabilities, size_t count)
{{
    for (size_t i = 0; i < count; i++) {{
        winnow_predict(features + i * WINNOW_FEATURES, probabilities + i * WINNOW_CLASSES);
    }}
}}
"""


def _probability(name: str, place: int, width: int, classifier: Classifier) -> str:
    if width == len(classifier.classes):
        return f"{name}[{place}]"
    return f"{name}[0]" if place == classifier.positive else f"(1.0f - {name}[0])"
