"""Train the autoencoder of a learned transform and keep the weights of its best and last epoch."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from functools import partial

    from winnow.columns import SAMPLES
    from winnow.networks.autoencoder import autoencoder
    from winnow.networks.devices import set_up
    from winnow.study.keys.transform import Transform
    from winnow.study.typed import made
    from winnow.training.attempt import Attempt, make_attempt
    from winnow.training.evaluation import copied, some
    from winnow.training.run import Run

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, keys = snakemake.resources, made(Transform, params.transform)
    settings = keys.training
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info(devices.description)
    arrays = ([inputs[f"{kind}_{s}"] for kind in ("features", "weights")] for s in SAMPLES[:2])
    training, validation = (copied(*own) for own in arrays)
    training = some(training, settings.fraction, params.seed)
    name = "transform {transform} fold {fold}".format(**dict(snakemake.wildcards.items()))
    facts = dict(params.items()), dict(inputs.items())
    attempt = Attempt(name, *facts, asked.save_every, bool(asked.tensorboard))
    run = Run(training, validation, settings, params.seed, devices.compute)
    network = partial(autoencoder, keys, training.layout.shape, params.seed)
    make_attempt(attempt, run, network, devices, output, log)
