"""How Sphinx makes a site of the pages, read where they lie in the repository."""

import re
from pathlib import Path
from typing import Any

project = "winnow"
author = "the winnow authors"
html_title = "winnow"

# the whole repository is the source, so that a relative link leads to the same place as on a forge
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md"]
include_patterns += ["docs/*.md", "resources/*/README.md"]
exclude_patterns = [".*", "benchmarks", "logs", "results", "site", "tests", "workflow"]
root_doc = "docs/index"
templates_path = ["_templates"]
html_additional_pages = {"index": "to-the-first-page.html"}

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
# a page's pieces of shell and YAML are shown as they stand, whatever a lexer thinks of them
highlight_language = "text"
html_theme = "furo"
# the pages' sources lie in the repository, once
html_copy_source = False
html_show_copyright = False


def menu(page: str) -> str:
    r"""Return the site's menu, made of the links of its first page, which forges show as they are.

    >>> print(menu("## First\n\n* [the start](../README.md): read it"))
    ```{toctree}
    :hidden:
    :caption: First
    /README.md
    ```
    """
    parts = []
    for heading, block in re.findall(
        r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
    ):
        links = re.findall(r"^\* .*?\]\(([^)#]+\.md)\)", block, re.MULTILINE)
        if links:
            own = [f"/docs/{link}".replace("/docs/../", "/") for link in links]
            parts += ["```{toctree}", ":hidden:", f":caption: {heading}", *own, "```"]
    return "\n".join(parts)


def _add_menu(app: Any, name: str, source: list[str]) -> None:
    if name == app.config.root_doc:
        source[0] += "\n" + menu(Path(app.srcdir, f"{name}.md").read_text(encoding="utf-8")) + "\n"


def setup(app: Any) -> None:
    """Have the menu added when the first page is read."""
    app.connect("source-read", _add_menu)
