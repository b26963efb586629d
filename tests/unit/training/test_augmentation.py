"""Training on pictures: losses of pixels, changes at random, and shares of the events."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import sections
from winnow.study.keys.training import Augmentation
from winnow.training.augmentation import augmented
from winnow.training.evaluation import TrainingData, make_evaluator, some
from winnow.training.layout import Layout
from winnow.training.loss import event_correct, event_loss
from winnow.training.steps import Augment, Computing, compile_steps

WEIGHTS = (0.5, 2.0, 4.0)
PIXELS = Layout((2, 3, 1), (2, 3), "pixel", "float16", WEIGHTS)


def scores(seed=1, shape=(4, 2, 3, 3)):
    given = np.random.default_rng(seed).random(shape).astype(np.float32) + 0.1
    return given / given.sum(axis=-1, keepdims=True)


LABELS = np.random.default_rng(2).integers(0, 3, (4, 2, 3))


# Pixels ------------------------------------------------------------------------------------------


def test_a_pixel_counts_as_its_class_weighs():
    found = event_loss(PIXELS, tf.constant(LABELS), tf.constant(scores()))
    chosen = np.take_along_axis(scores(), LABELS[..., None], axis=-1)[..., 0]
    expected = (np.array(WEIGHTS)[LABELS] * -np.log(chosen)).mean(axis=(1, 2))
    assert np.allclose(found, expected, rtol=1e-5)


def test_the_accuracy_of_pixels_is_of_those_with_something_in_them():
    """By the larger score of the other classes; an event with nothing in it has nothing wrong."""
    labels = LABELS.copy()
    labels[3] = 0
    found = event_correct(PIXELS, tf.constant(labels), tf.constant(scores())).numpy()
    predicted = 1 + scores()[..., 1:].argmax(axis=-1)
    for event in range(3):
        filled = labels[event] > 0
        right = predicted[event][filled] == labels[event][filled]
        assert found[event] == pytest.approx(right.mean(), abs=1e-6)
    assert found[3] == 1


def test_pictures_and_classes_are_held_as_they_are_stored():
    pictures = np.zeros((5, 2, 3, 1), np.float16)
    data = TrainingData(
        pictures, np.zeros((5, 2, 3), np.uint8), np.ones(5), target="pixel", pixel_weights=WEIGHTS
    )
    assert [tensor.dtype for tensor in data.tensors()] == [tf.float16, tf.uint8, tf.float32]
    assert data.layout.event_bytes == 6 * 2 + 6 + 4
    assert data.layout == PIXELS


# Changes at random -------------------------------------------------------------------------------

PICTURE = np.zeros((1, 9, 9, 1), np.float32)
PICTURE[0, 4, 4], PICTURE[0, 2, 4], PICTURE[0, 4, 7] = 1, 2, 3


def changed(number, picture=PICTURE, labels=None, **keys):
    seed = tf.constant([5, number])
    return augmented(Augmentation(**keys), tf.constant(picture), labels, seed)


def test_a_flip_gives_each_of_the_four_pictures():
    seen = {changed(number, flip=True)[0].numpy().tobytes() for number in range(0, 80, 2)}
    mirrored = {
        np.ascontiguousarray(PICTURE[:, ::one, ::other]).tobytes()
        for one in (1, -1)
        for other in (1, -1)
    }
    assert seen == mirrored


def test_a_picture_is_turned_about_its_middle_no_further_than_said():
    angles = []
    picture = np.zeros((1, 31, 31, 1), np.float32)
    picture[0, 14:17, 24:27], picture[0, 14:17, 14:17] = 3, 1
    for number in range(0, 400, 2):
        own = changed(number, picture, rotate=60.0)[0].numpy()[0, ..., 0]
        assert own[15, 15] == 1
        row, column = np.argwhere(own == 3).mean(axis=0) - 15
        angles.append(np.degrees(np.arctan2(row, column)))
    assert -64 < min(angles) < -54
    assert 54 < max(angles) < 64
    assert abs(np.mean(angles)) < 10


def test_charge_is_scaled_by_a_factor_about_one():
    factors = [float(changed(n, scale=0.2)[0][0, 4, 4, 0]) for n in range(0, 2000, 2)]
    assert np.log(factors).std() == pytest.approx(0.2, rel=0.1)
    assert np.log(factors).mean() == pytest.approx(0, abs=0.02)


def test_a_class_goes_where_its_pixel_goes():
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, (4, 2, 20, 30)).astype(np.int32)
    pictures = labels[..., None].astype(np.float32)
    keys = {"flip": True, "rotate": 30.0}
    found, moved = changed(0, pictures, tf.constant(labels), **keys)
    assert np.array_equal(found.numpy()[..., 0], moved.numpy())
    assert not np.array_equal(moved, labels)
    # each plane is moved by itself
    same = np.repeat(pictures[:1, :1], 2, axis=1)
    assert not np.array_equal(*changed(0, same, **keys)[0].numpy()[0])


def test_what_is_drawn_follows_from_seed_and_step():
    one, again, other = (changed(number, scale=0.5)[0].numpy() for number in (2, 2, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_training_that_is_cut_meets_the_same_pictures():
    """In one call of six steps, or in calls of one, as after a kill."""
    random = np.random.default_rng(4)
    data = TrainingData(
        random.random((12, 8, 8, 1)).astype(np.float32), random.integers(0, 2, 12), np.ones(12)
    )

    def trained(cuts):
        layer = keras.layers.Dense(2, "softmax", kernel_initializer="ones")
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), layer])
        augment = Augment(Augmentation(flip=True, rotate=20.0, scale=0.1), 7)
        steps = compile_steps(
            model, keras.optimizers.SGD(0.1), data.layout, 2, how=Computing(augment=augment)
        )
        rates, none = np.full(6, 0.1, np.float32), np.zeros(0, np.float32)
        order = tf.range(12)
        for first, last in cuts:
            steps(data.tensors(), order, first, last, rates, none, np.zeros(5), 30)
        return model.get_weights()

    whole, cut = trained([(0, 6)]), trained([(i, i + 1) for i in range(6)])
    assert all(np.array_equal(a, b) for a, b in zip(whole, cut, strict=True))


# Shares of the events ----------------------------------------------------------------------------


def numbered(count):
    return TrainingData(
        np.arange(count, dtype=np.float32)[:, None], np.zeros(count), np.ones(count)
    )


def test_a_smaller_share_is_part_of_a_larger_one():
    shares = {share: some(numbered(200), share, 3) for share in (0.1, 0.33, 1.0)}
    assert [own.count for own in shares.values()] == [20, 66, 200]
    seen = {share: set(own.tensors()[0].numpy().ravel()) for share, own in shares.items()}
    assert seen[0.1] < seen[0.33] < seen[1.0]
    assert len(seen[0.33]) == 66
    others = set(some(numbered(200), 0.1, 4).tensors()[0].numpy().ravel())
    assert others != seen[0.1]


def test_rows_of_a_share_are_counted_within_it():
    own = some(numbered(100), 0.5, 3)
    whole = own.tensors()[0].numpy().ravel()
    assert np.array_equal(own.tensors(np.array([4, 2]))[0].numpy().ravel(), whole[[4, 2]])
    assert np.array_equal(own.tensors(slice(10, 12))[0].numpy().ravel(), whole[10:12])


def test_a_share_is_evaluated_alone():
    random = np.random.default_rng(5)
    data = TrainingData(
        random.random((60, 3)).astype(np.float32), random.integers(0, 2, 60), np.ones(60)
    )
    part = some(data, 0.5, 1)
    model = sections.built({"layers": [4]}, 3, 2, 1)
    rows = part.chosen
    alone = TrainingData(data.features[rows], data.labels[rows], data.weights[rows])
    assert make_evaluator(model, part)() == make_evaluator(model, alone)()
