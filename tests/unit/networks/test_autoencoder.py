"""Autoencoders: what linear ones and noisy ones learn is known; a network behind one is one."""

import keras
import numpy as np
import onnxruntime
import pytest
from sklearn.decomposition import PCA

import sections
from winnow.errors import ConfigError
from winnow.networks.autoencoder import autoencoder, behind, encoder_of, whole_network
from winnow.networks.onnx_network import network_model
from winnow.networks.operations import operations
from winnow.study.keys.model import model
from winnow.study.keys.transform import Transform
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch

TRAINING = {**sections.TRAINING, "epochs": 40, "batch_size": 200, "learning_rate": 0.01}
SCALES = np.array([2.0, 1.5, 0.8, 0.4, 0.3, 0.2])


def gaussian(count, seed=1):
    """Events of six correlated features, some of which others tell much of."""
    generator = np.random.default_rng(seed)
    mixing = np.diag(SCALES) @ np.linalg.qr(np.random.default_rng(7).normal(size=(6, 6)))[0]
    return (generator.normal(size=(count, 6)) @ mixing).astype(np.float32)


def trained(folder, keys, data, validation):
    network = autoencoder(keys, data.shape[1:], 1)
    samples = [
        TrainingData(own, own, np.ones(len(own)), target="input") for own in (data, validation)
    ]
    paths = folder / "best.weights.h5", folder / "last.weights.h5"
    history, _ = sections.trained(network, *samples, TRAINING, 1, *paths, Watch())
    return network, history


@pytest.mark.parametrize("bottleneck", [1, 2, 4])
def test_a_linear_one_copies_as_well_as_so_many_principal_components(tmp_path, bottleneck):
    """Baldi and Hornik (1989): its least error is that of PCA, scikit-learn's here."""
    x = gaussian(4000)
    _, history = trained(tmp_path, Transform(bottleneck=bottleneck, layers=()), x, x)
    pca = PCA(bottleneck).fit(x)
    least = float(np.mean((pca.inverse_transform(pca.transform(x)) - x) ** 2))
    # by the singular values alone, too
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    assert least == pytest.approx((singular[bottleneck:] ** 2).sum() / x.size, rel=1e-4)
    assert 0.9999 * least < history["validation_loss"].min() < 1.02 * least


def test_a_linear_one_with_noise_learns_wieners_filter(tmp_path):
    """Of independent unit Gaussians under noise σ the best linear copy is x / (1 + σ²)."""
    x = np.random.default_rng(1).normal(size=(20_000, 3)).astype(np.float32)
    keys = Transform(bottleneck=3, layers=(), noise=0.5)
    network, _ = trained(tmp_path, keys, x, x[:2000])
    filtered = network(np.eye(3, dtype=np.float32)).numpy() - network(np.zeros((1, 3))).numpy()
    np.testing.assert_allclose(filtered, np.eye(3) / 1.25, atol=0.03)


def test_noise_is_there_in_training_alone_and_follows_from_the_seed():
    x = gaussian(50)
    for seed in (1, 2):
        quiet = autoencoder(Transform(bottleneck=2), (6,), seed)
        noisy = [autoencoder(Transform(bottleneck=2, noise=1.0), (6,), seed) for _ in range(2)]
        np.testing.assert_array_equal(quiet(x), noisy[0](x, training=False))
        first, second = (own(x, training=True).numpy() for own in noisy)
        np.testing.assert_array_equal(first, second)
        assert np.abs(first - quiet(x)).min() > 0
    assert not np.array_equal(first, autoencoder(Transform(bottleneck=2, noise=1.0), (6,), 1)(x))


def test_the_decoder_mirrors_the_encoder():
    network = autoencoder(Transform(bottleneck=2, layers=(9, 5), activation="tanh"), (6,), 1)
    layers = [(own.name, own.units, own.activation.__name__) for own in network.layers[1:]]
    assert layers == [
        ("encoder_1", 9, "tanh"),
        ("encoder_2", 5, "tanh"),
        ("code", 2, "linear"),
        ("decoder_1", 5, "tanh"),
        ("decoder_2", 9, "tanh"),
        ("decoder_3", 6, "linear"),
    ]


def test_events_that_are_no_rows_are_refused():
    with pytest.raises(ConfigError, match=r"`transform.bottleneck`: a transform is learned of a"):
        autoencoder(Transform(bottleneck=2), (8, 8, 1), 1)


FAMILIES = [
    {"family": "dense", "layers": [7, 4], "batch_normalisation": True},
    {"family": "residual", "layers": [5, 5], "output": "softmax"},
]


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda own: own["family"])
def test_encoder_and_network_are_one_for_keras_and_in_onnx(tmp_path, family, noise):
    keys, x = Transform(bottleneck=3, layers=(8,), noise=noise), gaussian(100)
    learned = autoencoder(keys, (6,), 1)
    encoder, network = encoder_of(learned, keys, 1), sections.built(family, 3, 2, 1)
    codes = keras.Model(learned.input, learned.get_layer("code").output)(x)
    np.testing.assert_allclose(encoder(x), codes, atol=1e-6)
    whole = behind(encoder, network)
    np.testing.assert_array_equal(whole(x), network(encoder(x)))
    written = network_model(operations(whole), 6).SerializeToString()
    (found,) = onnxruntime.InferenceSession(written).run(None, {"features": x})
    np.testing.assert_allclose(found, whole(x), atol=1e-6)
    # and again from the file, as a passport describes it
    whole.save(tmp_path / "model.keras")
    again = whole_network(model(family), keys, (6,), 2, 5)
    again.load_weights(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), whole(x))


def test_without_a_bottleneck_the_network_is_that_of_its_family():
    one = whole_network(model(FAMILIES[0]), Transform(), (6,), 2, 1)
    other = sections.built(FAMILIES[0], 6, 2, 1)
    assert [own.name for own in one.layers] == [own.name for own in other.layers]


def test_a_network_with_layers_of_ones_own_behind_an_encoder_has_no_operations():
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    inputs = keras.Input((3,))
    keys = Transform(bottleneck=3, layers=())
    encoder = encoder_of(autoencoder(keys, (6,), 1), keys, 1)
    whole = behind(encoder, keras.Model(inputs, keras.layers.Dense(2)(Twice()(inputs))))
    assert operations(whole) is None
    assert len(operations(encoder)) == 1
