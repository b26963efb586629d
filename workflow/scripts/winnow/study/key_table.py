"""The table of config keys in config/README.md and the schema that editors read.

`python -m winnow.study.key_table SCHEMA README EDITORS` writes the table between the README's two
marks, and the whole schema as JSON: what SCHEMA says, with the keys that are told by classes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from winnow.study.schema import Config, load_schema, resolve

BEGIN, END = "<!-- keys: begin -->", "<!-- keys: end -->"


def key_table(schema: Config) -> str:
    """Return the Markdown table of every config key, made from the schema."""
    rows = ["| key | type | default | unit | what it is |", "|---|---|---|---|---|"]
    rows.extend(_rows(schema, "", schema, set(schema["required"])))
    return "\n".join(rows) + "\n"


def _rows(schema: Config, prefix: str, root: Config, required: set[str]) -> Iterator[str]:
    for name, child in schema.get("properties", {}).items():
        child = resolve(child, root)
        key = f"{prefix}{name}"
        kind = _kind(child, root)
        default = "**required**" if name in required else _default(child)
        description = " ".join(child.get("description", "").split())
        yield f"| `{key}` | {kind} | {default} | {child.get('unit', '')} | {description} |"
        yield from _rows(child, f"{key}.", root, set(child.get("required", [])))
        for below, mark in ((child.get("items"), "[]"), (child.get("additionalProperties"), ".*")):
            if isinstance(below, dict):
                below = resolve(below, root)
                for option in below.get("anyOf", [below]):
                    yield from _rows(option, f"{key}{mark}.", root, set(option.get("required", [])))


def _default(schema: Config) -> str:
    if "default" not in schema or (schema["default"] == {} and "properties" in schema):
        return ""
    if schema["default"] == "":
        return "`''`"
    return f"`{json.dumps(schema['default'])}`"


def _kind(schema: Config, root: Config) -> str:
    schema = resolve(schema, root)
    if "anyOf" in schema:
        return " or ".join(_kind(option, root) for option in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    names = {"object": "mapping", "array": "list", "string": "text", "boolean": "true or false"}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = " or ".join(names.get(str(name), str(name)) for name in types)
    return f"{kind} of {_kind(schema['items'], root)}" if "items" in schema else kind


def with_table(page: str, schema: Config) -> str:
    """Return a Markdown page with the key table between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{key_table(schema)}{END}{after}"


def for_editors(schema: Config) -> str:
    """Return a schema as JSON."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    whole, readme, editors = load_schema(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    page = readme.read_text(encoding="utf-8")
    readme.write_text(with_table(page, whole), encoding="utf-8")
    editors.write_text(for_editors(whole), encoding="utf-8")
