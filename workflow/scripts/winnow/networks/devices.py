"""What TensorFlow computes on: threads, GPUs, and the precision of their products."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from winnow.errors import DeviceError

FLOAT32 = "float32"
MIXED = "mixed_bfloat16"
# the first generation of NVIDIA GPUs with bfloat16 products (Ampere)
_BFLOAT16_CAPABILITY = (8, 0)


@dataclass(frozen=True)
class Devices:
    """What a training runs on.

    Attributes:
        strategy: TensorFlow's own for one device, mirrored for several GPUs of one node.
        compute: Keras' dtype policy of forward and backward pass, `float32` or `mixed_bfloat16`.
        description: one line for the log.
    """

    strategy: tf.distribute.Strategy
    compute: str
    description: str


def set_threads(threads: int) -> None:
    """Fix TensorFlow's thread pools; must be called before TensorFlow computes anything.

    Every operation runs on one thread, and independent ones side by side: batches are cut into
    one part a thread (`winnow.training.steps`), which is faster than sharing out each operation.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def set_up_exact(threads: int) -> None:
    """Compute in strict float32 on the CPU, GPUs hidden; before TensorFlow computes anything.

    All that does not train does: what it computes then does not depend on the machine's GPUs.
    """
    set_threads(threads)
    tf.config.set_visible_devices([], "GPU")
    tf.config.experimental.enable_tensor_float_32_execution(False)


def set_up(threads: int, gpus: int, precision: str, require_gpu: bool) -> Devices:
    """Choose what a training runs on; must be called before TensorFlow computes anything.

    GPUs take memory as they need it, so that a node's other users find theirs. Their matrix
    products use TF32 (10 bits of mantissa) only where the precision is `tf32` or `mixed`. Several
    GPUs share out each batch; against one, sums of gradients differ in the order of their terms,
    about 1e-6 relatively after a step. On GPUs TensorFlow is asked for deterministic operations.

    Args:
        threads: TensorFlow's threads.
        gpus: GPUs to use, as far as they are there.
        precision: `float32`, `tf32` or `mixed`, as in the config.
        require_gpu: whether a machine without a GPU is an error.

    Raises:
        DeviceError: a GPU is required, and TensorFlow sees none.
    """
    seen = tf.config.list_physical_devices("GPU")
    if require_gpu and not seen:
        raise DeviceError(
            "this job must run on a GPU (resource require_gpu=1), but TensorFlow sees none: "
            f"devices {[device.name for device in tf.config.list_physical_devices()]}, "
            f"CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}, TensorFlow "
            f"{tf.__version__} built {'with' if tf.test.is_built_with_cuda() else 'without'} CUDA. "
            "Send the job to a node with a GPU, or install requirements-cuda.txt."
        )
    set_threads(threads)
    used = seen[:gpus]
    if used:
        tf.config.experimental.enable_op_determinism()
    tf.config.set_visible_devices(used, "GPU")
    for device in used:
        tf.config.experimental.set_memory_growth(device, True)
    tf.config.experimental.enable_tensor_float_32_execution(precision in ("tf32", "mixed"))
    details = [tf.config.experimental.get_device_details(device) for device in used]
    compute = policy(precision, [facts.get("compute_capability", (0, 0)) for facts in details])
    if len(used) > 1:
        strategy = tf.distribute.MirroredStrategy([f"GPU:{n}" for n in range(len(used))])
    else:
        strategy = tf.distribute.get_strategy()
    names = ", ".join(str(facts.get("device_name", "unnamed")) for facts in details)
    where = f"{len(used)} GPU ({names})" if used else f"the CPU, {threads} thread(s), no GPU"
    return Devices(strategy, compute, f"training on {where}, precision {precision} ({compute})")


def policy(precision: str, capabilities: Sequence[tuple[int, int]]) -> str:
    """Return the dtype policy of forward and backward pass for GPUs of some compute capabilities.

    bfloat16 has the range of float32, so that no loss needs scaling. CPUs and older GPUs, which
    have no fast bfloat16, compute in float32.
    """
    fast = bool(capabilities) and min(capabilities) >= _BFLOAT16_CAPABILITY
    return MIXED if precision == "mixed" and fast else FLOAT32
