"""The rules as they are written, for tests that hold them against scripts and tables."""

import re
import textwrap

from toy import ROOT


def all_rules():
    """Return rule → its text; a rule for batches of files counts once, as `<rule>_files`.

    So do the contestants' rules, as `contest`.
    """
    found = {}
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        plain, *loops = re.split(r"^for .*:\n", path.read_text(), flags=re.MULTILINE)
        text = "\n".join([plain, *map(textwrap.dedent, loops)])
        named = r'^rule:\n    name:\n        f"(\w+)_\{BATCH\}"$'
        text = re.sub(named, r"rule \1_files:", text, flags=re.MULTILINE)
        named = r'^rule:\n    name:\n        f"(\w+)_\{CONTESTANT\}"$'
        text = re.sub(named, r"rule \1:", text, flags=re.MULTILINE)
        parts = re.split(
            r"^(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:$", text, flags=re.MULTILINE
        )
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found
