"""Networks that score together."""

import numpy as np

from winnow.training.committee import Committee, Member


def member(fold, value):
    return Member(fold, lambda features: features[:, :1] * 0 + np.float32(value))


def test_an_event_keeps_the_networks_of_its_fold_and_an_unseen_one_has_all():
    """Two replicas of each fold."""
    members = member(0, 1), member(0, 2), member(1, 10), member(1, 20)
    committee = Committee(members, ("a",), ("score",))
    features = np.zeros((5, 3), np.float32)
    scores = committee.score(features, np.array([0, -1, 1, 0, -1], np.int8))
    np.testing.assert_allclose(scores[:, 0], [1.5, 8.25, 15, 1.5, 8.25])
    assert scores.dtype == np.float32


def test_every_event_is_scored_by_its_own_features():
    own = Member(0, lambda features: features[:, 1:2])
    features = np.arange(12, dtype=np.float32).reshape(4, 3)
    committee = Committee((own, own), ("a",), ("score",))
    scores = committee.score(features, np.array([-1, 0, 0, -1], np.int8))
    np.testing.assert_array_equal(scores[:, 0], features[:, 1])


def test_no_events_have_no_scores():
    committee = Committee((member(0, 1),), ("a",), ("x", "y"))
    assert committee.score(np.empty((0, 3), np.float32), np.empty(0, np.int8)).shape == (0, 2)
