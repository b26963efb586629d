"""The section `training`: how the network is trained, and in which phases."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal

from winnow.study.keys.bounds import Count, Fraction, NotNegative, Positive, Share
from winnow.study.typed import PartsOf, made, plain, says

PATIENCE = 20

Precision = Literal["float32", "tf32", "mixed"]


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes over the steps of the training or phase."""

    kind: Literal["constant", "exponential", "linear", "cosine", "one_cycle"] = "constant"
    """`constant` (with `decay`, Keras 2's decay); `exponential`, `linear` or `cosine` from the
    learning rate to `final` times it; `one_cycle` (Smith 2018), rise, fall and annihilate, the
    momentum opposite."""
    final: Positive = 0.01
    """Rate at the last step, relative to the learning rate."""
    start: Positive = 0.1
    """For `one_cycle`, rate at the first step, relative to the learning rate."""
    rise: Fraction = 0.4
    """For `one_cycle`, share of the steps in which the rate rises."""
    annihilate: Fraction = 0.2
    """For `one_cycle`, share of the last steps, in which it goes to `final`."""
    momentum_high: Fraction = 0.95
    """For `one_cycle`, momentum (Adam's beta 1) where the rate is lowest."""
    momentum_low: Fraction = 0.85
    """For `one_cycle`, momentum where the rate is highest."""


@dataclass(frozen=True)
class EarlyStopping:
    """When training ends before `epochs`."""

    patience: Annotated[
        Literal["auto"] | Annotated[int, says(minimum=0)],
        says(unit="epochs"),
    ] = "auto"
    """Epochs without a better validation loss before training stops; 0 never stops. `auto` is 20,
    and 0 where a `schedule` or `average_from` counts on all epochs."""
    min_delta: NotNegative = 0.0
    """Smallest decrease of the validation loss that counts as better."""


@dataclass(frozen=True)
class Phase:
    """What a phase of a training may have of its own."""

    optimizer: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    """Optimiser."""
    learning_rate: Positive = 0.001
    """Learning rate at the first step."""
    decay: NotNegative = 0.0
    """Keras 2's decay; the rate at a step is `learning_rate / (1 + decay × step)`, a step a
    batch."""
    momentum: Share = 0.0
    """Momentum of `sgd` and `rmsprop`."""
    weight_decay: NotNegative = 0.004
    """Decoupled weight decay of `adamw`."""
    clip_norm: NotNegative = 0.0
    """Largest norm of the gradient of a step; 0 clips nothing."""
    label_smoothing: Share = 0.0
    """Share of each label that is spread over the classes, in training only."""
    schedule: Schedule = field(default_factory=Schedule)
    """How the learning rate goes over the steps of the training or phase."""
    epochs: Count = 100
    """Largest number of epochs."""
    batch_size: Annotated[Count, says(unit="events")] = 256
    """Events a step."""
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)
    """When training ends before `epochs`."""
    average_from: Annotated[int, says(minimum=0, unit="epochs")] = 0
    """Stochastic weight averaging. After so many epochs of the training or phase, the weights that
    are evaluated and kept are the mean of those at the ends of epochs; 0 averages nothing."""


@dataclass(frozen=True)
class Augmentation:
    """How pictures are changed at random, each time that they are trained on."""

    flip: bool = False
    """Mirror each picture along each of its axes, or not, as often."""
    rotate: Annotated[float, says(minimum=0, maximum=180, unit="degrees")] = 0.0
    """Turn each picture by no more than this, either way."""
    scale: NotNegative = 0.0
    """Multiply each picture by a factor whose logarithm has this width."""

    @property
    def acts(self) -> bool:
        """Whether anything is changed."""
        return self.flip or self.rotate > 0 or self.scale > 0


@dataclass(frozen=True)
class Decorrelation:
    """What the signal's score is kept from telling of background events (arXiv:2001.05310)."""

    spectator: str = ""
    """One of `columns.spectators`."""
    strength: NotNegative = 0.0
    """What the squared distance correlation of score and spectator is multiplied by in the loss, in
    training and where the best epoch is chosen; 0 adds nothing. It is of all pairs of a batch, so
    that a step's time and memory grow with the square of `batch_size`."""
    warm_up: Annotated[int, says(minimum=0, unit="epochs")] = 5
    """Epochs over which the strength grows from 0 in training. A network that is penalised from the
    first step may settle on a score that is independent and tells no signal."""

    @property
    def acts(self) -> bool:
        """Whether anything is added to the loss."""
        return self.strength > 0


@dataclass(frozen=True)
class Training(Phase):
    """How the network is trained."""

    phases: Annotated[tuple[Mapping[str, Any], ...], PartsOf(Phase)] = ()
    """Training in parts, one after the other; each entry sets the keys of `training` that differ in
    it. A phase starts from the best weights so far, with a new optimiser."""
    precision: Precision = "float32"
    """On GPUs, `float32` products; `tf32` with 10 bits of mantissa; `mixed` computes in bfloat16
    where the GPU has it. CPUs compute in float32."""
    memory_budget: Annotated[Count, says(unit="MB")] = 4000
    """Training and validation events that take no more are held in memory; others are streamed from
    disk in shuffled windows."""
    fraction: Annotated[float, says(exclusiveMinimum=0, maximum=1)] = 1.0
    """Share of the training events that is trained on; a scan of it is a learning curve. What is
    normalised and balanced stays that of all."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How pictures are changed at random, each time that they are trained on."""
    decorrelation: Decorrelation = field(default_factory=Decorrelation)
    """What the signal's score is kept from telling of background events (arXiv:2001.05310)."""
    threads: Count = 1
    """TensorFlow's threads; part of the result, since it orders floating-point sums. Many runs on
    one thread each use a machine better than one run on many."""


def phases(training: Training) -> tuple[Phase, ...]:
    """Return the phases of a training: its own keys, with those of each phase over them.

    `auto` patience becomes a number: 20 epochs, or 0 (never) where a schedule falls to its end or
    an average grows while the validation loss may rest.
    """
    common = {own.name: plain(getattr(training, own.name)) for own in fields(Phase)}
    return tuple(
        _with_patience(made(Phase, _over(common, own))) for own in training.phases or ({},)
    )


def _over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    nested = {
        name: {**common[name], **value} for name, value in own.items() if isinstance(value, Mapping)
    }
    return {**common, **own, **nested}


def _with_patience(phase: Phase) -> Phase:
    stopping = phase.early_stopping
    if stopping.patience != "auto":
        return phase
    whole = phase.schedule.kind != "constant" or phase.average_from > 0
    return replace(phase, early_stopping=replace(stopping, patience=0 if whole else PATIENCE))
