"""How tests are dealt out to processes: what shares something costly stays together."""

import ast
import functools
import os
from pathlib import Path

import hypothesis
import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

# threads that wait for each other would spin, which on a busy machine is most of their time
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# how long a test takes says nothing about what it tests
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]
# fixtures of tests/workflow that take long, or need one that does → what their tests share
COSTLY = {
    "finished": "finished",
    "results": "finished",
    "scores": "finished",
    "reruns": "finished",
    "folded": "folded",
    "binary": "binary",
    "jets": "jets",
    "multiclass": "multiclass",
    "efficiency": "efficiency",
    "undisturbed": "undisturbed",
    "disturbed": "disturbed",
    "applied": "applied",
    "h4l": "h4l",
    "tagging": "tagging",
    "segmentation": "segmentation",
    "encoded": "encoded",
    "contest": "contest",
    "flat": "flat",
    "searched": "searched",
    "parametrised": "parametrised",
}


@functools.cache
def arguments(path):
    """Return the arguments of each function of a file."""
    tree = ast.parse((ROOT / path).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: [own.arg for own in node.args.args] for node in functions}


class Scheduling(LoadScopeScheduling):
    """A file's tests stay together, but of tests/workflow only those that share something."""

    # pytest-xdist's own groups are written into a test's id, which pytest 9.2 makes anew
    def _split_scope(self, nodeid):
        path, _, name = nodeid.partition("::")
        if "/workflow/" not in path:
            return path
        name, _, parameter = name.partition("[")
        # a parameter may name the fixture that a test asks for
        given = [*arguments(path).get(name, []), parameter.removesuffix("]")]
        return next((COSTLY[own] for own in given if own in COSTLY), nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Deal out so, in the order that tests are collected in."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the tests that start Snakemake first: short ones fill what the long ones leave."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")
