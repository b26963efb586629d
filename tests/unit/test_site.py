"""The site of the pages: Sphinx finds every link and anchor of them, and forges show the same."""

import doctest
import importlib.util
import re
import subprocess
import sys
from urllib.parse import unquote

import pytest

from toy import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config/README.md"]
PAGES += sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("resources/*/README.md")])


def sphinx(source, output, builder):
    """Make a site of a folder as `make site` does; return exit status and what was said."""
    arguments = ["-b", builder, "-c", str(ROOT / "docs"), "-W", "--keep-going", "-q"]
    command = [sys.executable, "-m", "sphinx", *arguments, str(source), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=output.parent)
    return done.returncode, done.stderr


def test_the_site_is_made_without_a_warning(tmp_path):
    """Every page, and the menu of them, with all links between them."""
    assert sphinx(ROOT, tmp_path / "site", "html") == (0, "")
    for page in PAGES:
        made = tmp_path / "site" / page.relative_to(ROOT).with_suffix(".html")
        assert made.is_file()
    first = (tmp_path / "site/index.html").read_text()
    assert (tmp_path / "site" / re.search(r'href="(.*?)"', first)[1]).is_file()


def test_a_link_that_leads_nowhere_is_an_error(tmp_path):
    """To a page, an anchor of another page, one of its own, and a file that is no page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# One\n\n## First\n\n* [other](other.md)\n")
    wrong = ["lost.md", "index.md#lost", "#lost", "../lost.py"]
    links = " ".join(f"[word]({target})" for target in [*wrong, "index.md#first"])
    (tmp_path / "docs/other.md").write_text(f"# Other\n\n{links}\n")
    status, told = sphinx(tmp_path, tmp_path / "site", "dummy")
    assert status != 0
    assert len(re.findall("WARNING", told)) == len(wrong)
    assert "other.md:3: WARNING: local id not found in doc 'docs/index': 'lost'" in told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_are_relative_ones_to_what_is_tracked(page):
    """On a forge, an absolute link begins at its root, and what git does not know is not there."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("https://", "#")):
            continue
        path = (page.parent / unquote(target.split("#")[0])).resolve()
        assert not target.startswith("/"), target
        assert path.relative_to(ROOT).as_posix() in listed, target


def test_the_menu_is_made_of_the_links_of_the_first_page():
    place = importlib.util.spec_from_file_location("conf", ROOT / "docs/conf.py")
    conf = importlib.util.module_from_spec(place)
    place.loader.exec_module(conf)
    assert doctest.testmod(conf) == (0, 1)
    found = conf.menu(
        "# T\n\n* [no](no.md)\n\n## A\n\n[x](x.md)\n\n## B\n\n* [r](r.md), [n](n.md)\n"
    )
    assert found.splitlines() == ["```{toctree}", ":hidden:", ":caption: B", "/docs/r.md", "```"]


def test_no_page_says_the_name_of_another_without_a_link_to_it():
    """In the text: what stands in a block of shell or in a table that is generated stays."""
    for page in PAGES:
        text = re.sub(r"```.*?```|^\| `[a-z.]+.*$", "", page.read_text(), flags=re.DOTALL | re.M)
        assert re.findall(r"`docs/[a-z-]+\.md`", text) == [], page
