"""What the unit tests share: a process that runs scripts, and a small study made by them."""

import pytest

from jobs import MEMBERS, Study
from scripts import Runner


@pytest.fixture(scope="session")
def runner():
    """Run rules' scripts in one process."""
    own = Runner()
    yield own
    own.close()


@pytest.fixture(scope="session")
def study(runner, tmp_path_factory):
    """A study up to the arrays that classifiers are trained on."""
    own = Study(tmp_path_factory.mktemp("study"), runner)
    own.make_data()
    return own


@pytest.fixture(scope="session")
def trained(study):
    """The study with two networks and a reference classifier, and their scores."""
    for replica in (0, 1):
        for rule in ("train", "checkpoint_model", "predict"):
            study.make(rule, replica=replica)
    study.make("baseline")
    return study


@pytest.fixture(scope="session")
def folded(runner, tmp_path_factory):
    """A study of three folds, with the scores of a reference classifier."""
    own = Study(tmp_path_factory.mktemp("folded"), runner, folds=3)
    own.make_data()
    for fold in own.folds:
        own.make("baseline", fold=fold)
    return own


@pytest.fixture(scope="session")
def compared(trained):
    """The study with the areas and figures of merit of all that scores, side by side."""
    for member in MEMBERS:
        trained.make("roc", member=member)
        trained.make("fom", member=member)
    trained.make("compare", networks=MEMBERS[:2], others=MEMBERS[2:])
    trained.make("diagnostics")
    trained.make("inputs")
    trained.make("ledger", members=MEMBERS)
    return trained
