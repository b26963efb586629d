"""The training step, compiled: gather, forward and backward pass, and the optimiser's update."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import keras
import tensorflow as tf

from winnow.networks.devices import FLOAT32
from winnow.study.keys.training import Augmentation
from winnow.training.augmentation import augmented
from winnow.training.decorrelation import Decorrelate
from winnow.training.evaluation import Tensors, TrainingData, batch_sums
from winnow.training.layout import Layout
from winnow.training.loss import event_correct, event_loss
from winnow.training.optimizers import momentum_setter

Steps = Callable[..., tuple[tf.Tensor, tf.Tensor]]

# below this, cutting a batch into parts costs more than a second thread gains
PART_EVENTS = 512


def parts_of(model: keras.Model, batch_size: int, threads: int) -> int:
    """Return into how many parts a batch is cut, to be computed side by side.

    One a thread, for batches that are large enough. Batches of a model with weights that are not
    trained by gradients stay whole: batch normalisation takes its means over the batch.
    """
    if batch_size < threads * PART_EVENTS or model.non_trainable_weights:
        return 1
    return threads


@dataclass(frozen=True)
class Augment:
    """How pictures are changed at random.

    Attributes:
        settings: the config's `training.augmentation`.
        seed: the run's seed.
    """

    settings: Augmentation
    seed: int

    def __call__(
        self, layout: Layout, x: tf.Tensor, y: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the pictures and labels of a part of a step, counted from the training's first."""
        seed = tf.stack([tf.constant(self.seed, tf.int32), 2 * number])
        pixels = y if layout.target == "pixel" else None
        x, moved = augmented(self.settings, x, pixels, seed)
        return x, y if moved is None else moved


@dataclass(frozen=True)
class Computing:
    """How a batch is computed.

    Attributes:
        parts: parts of a batch that are computed side by side.
        policy: dtype policy of forward and backward pass; variables, the output layer, loss and
            update are float32 always.
        augment: how pictures are changed at random.
        decorrelate: penalty on what the score tells of the spectator; of all pairs of a part.
    """

    parts: int = 1
    policy: str = FLOAT32
    augment: Augment | None = None
    decorrelate: Decorrelate | None = None

    @property
    def counts(self) -> bool:
        """Whether what is done at a step depends on how many there were before."""
        return self.augment is not None or self.decorrelate is not None


PLAIN = Computing()


def compile_steps(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    layout: Layout,
    batch_size: int,
    label_smoothing: float = 0.0,
    how: Computing = PLAIN,
) -> Steps:
    """Return a function that trains some steps in one compiled graph call.

    It takes features, labels and weights (`TrainingData.tensors`), the order in which they are met
    (int32), the first step and the one after the last, the rate and momentum of each step,
    and the sums so far (float64: Σwl, Σw, Σw·correct, N, Σ penalty × N). It returns the sums, and
    the step whose loss was not finite (the call stops there, before the update), or -1.

    Under a mirrored strategy each GPU takes its share of every batch. Without XLA: it needs fixed
    shapes, which the last batch of an epoch breaks, and on CPUs it was ten times slower. Without
    AutoGraph: translating this code took three quarters of tracing it, and it never reaches Keras'
    layers.

    Args:
        model: a built model; its variables and the optimiser's change.
        optimizer: from `make_optimizer`.
        layout: what the events are like.
        batch_size: events a step.
        label_smoothing: share of each label that is spread over the classes.
        how: parts, dtype policy and what depends on the step; with that the function returned
            takes, last, how many steps the training had before the first of the order.
    """
    strategy, parts, augment = tf.distribute.get_strategy(), how.parts, how.augment
    shares = strategy.num_replicas_in_sync * parts
    optimizer.build(model.trainable_variables)
    set_momentum = momentum_setter(optimizer)

    def part_gradients(
        data: Tensors, chosen: tf.Tensor, number: tf.Tensor, drawn: tf.Tensor
    ) -> list[tf.Tensor]:
        """Return one part's gradients, its loss and its sums."""
        size = tf.size(chosen)
        own = chosen[number * size // shares : (number + 1) * size // shares]
        x, y, w, *spectator = (tf.gather(array, own) for array in data)
        x, y = layout.seen(x, y)
        if augment is not None:
            x, y = augment(layout, x, y, drawn * shares + number)
        with tf.GradientTape() as tape, computing(model, how.policy):
            scores = tf.cast(model(x, training=True), tf.float32)
            losses = event_loss(layout, y, scores, label_smoothing)
            penalties = [*model.losses]
            if how.decorrelate is not None:
                penalties.append(how.decorrelate.at_step(drawn, scores, w, *spectator))
            penalty = tf.add_n(penalties) / shares if penalties else tf.constant(0.0)
            loss = tf.reduce_sum(w * losses) / tf.cast(size, tf.float32) + penalty
        gradients = tape.gradient(loss, model.trainable_variables, unconnected_gradients="zero")
        whole = tf.cast(size, tf.float64) * tf.cast(penalty, tf.float64)
        sums = batch_sums(losses, event_correct(layout, y, scores), w)
        return [*gradients, loss, tf.concat([sums, [whole]], axis=0)]

    def gradients_of(
        data: Tensors, chosen: tf.Tensor, drawn: tf.Tensor
    ) -> tuple[list[tf.Tensor], ...]:
        """Return the batch's mean gradients, its loss and its sums, on every device the same."""
        context = tf.distribute.get_replica_context()
        first = context.replica_id_in_sync_group * parts
        found = [part_gradients(data, chosen, first + number, drawn) for number in range(parts)]
        summed = [tf.add_n(terms) for terms in zip(*found, strict=True)]
        if context.num_replicas_in_sync > 1:
            # of one dtype at a time
            reduce, sums = partial(context.all_reduce, tf.distribute.ReduceOp.SUM), summed.pop()
            summed = [*reduce(summed), reduce(sums)]
        # the optimiser adds up what the devices bring
        return [g / context.num_replicas_in_sync for g in summed[:-2]], summed[-2], summed[-1]

    def update(gradients: list[tf.Tensor]) -> None:
        optimizer.apply(gradients, model.trainable_variables)

    @tf.function(
        autograph=False,
        input_signature=[
            layout.specs,
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((5,), tf.float64),
            *([tf.TensorSpec((), tf.int32)] if how.counts else []),
        ],
    )
    def steps(
        data: Tensors,
        order: tf.Tensor,
        first: tf.Tensor,
        last: tf.Tensor,
        rates: tf.Tensor,
        momentum: tf.Tensor,
        sums: tf.Tensor,
        *before: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        def goes_on(step: tf.Tensor, diverged: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
            return (step < last) & (diverged < 0)

        def train(step: tf.Tensor, diverged: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            chosen = order[step * batch_size : (step + 1) * batch_size]
            optimizer.learning_rate.assign(rates[step - first])
            if set_momentum is not None:
                set_momentum(momentum[step - first])
            gradients, loss, found = strategy.run(
                gradients_of, args=(data, chosen, sum(before, step))
            )

            def updated() -> tf.Tensor:
                strategy.run(update, args=(gradients,))
                return sums + _one(strategy, found)

            finite = tf.math.is_finite(_one(strategy, loss))
            sums = tf.cond(finite, updated, lambda: sums)
            return step + 1, tf.where(finite, diverged, step), sums

        start = first, tf.constant(-1, tf.int32), sums
        _, diverged, sums = tf.while_loop(goes_on, train, start)
        return sums, diverged

    compiled: Steps = steps
    return compiled


def make_steps(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    data: TrainingData,
    batch_size: int,
    label_smoothing: float = 0.0,
    parts: int = 1,
) -> Steps:
    """Return `compile_steps`' function for data in memory: it takes order and what follows."""
    steps = compile_steps(
        model, optimizer, data.layout, batch_size, label_smoothing, Computing(parts)
    )
    held = data.tensors()
    return lambda *arguments: steps(held, *arguments)


@contextmanager
def computing(model: keras.Model, policy: str) -> Iterator[None]:
    """Let the model's layers, the output layer aside, compute under another dtype policy."""
    if policy == FLOAT32:
        yield
        return
    layers = [layer for layer in model.layers if layer is not model.layers[-1]]
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.dtype_policy = own


def _one(strategy: tf.distribute.Strategy, value: tf.Tensor) -> tf.Tensor:
    """Return what is the same on every device, once."""
    if strategy.num_replicas_in_sync == 1:
        return value
    return strategy.experimental_local_results(value)[0]
