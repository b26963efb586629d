"""A short campaign of damaged files; `tests/campaigns/readers.py` is the long one."""

import sys

import pytest

from campaigns.corpus import SAMPLES
from campaigns.readers import Answer, answers, faults

MUTATIONS = 24


@pytest.fixture(scope="module")
def judged() -> list[Answer]:
    return list(answers(dict.fromkeys(SAMPLES, range(MUTATIONS))))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is looked up as Linux tells it")
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_damaged_file_is_refused_or_says_what_it_holds(kind: str, judged: list[Answer]) -> None:
    own = [answer for answer in judged if answer["kind"] == kind]
    assert [answer["number"] for answer in own] == list(range(MUTATIONS))
    assert not faults(own)
    assert {"refused"} < {answer["verdict"] for answer in own}
