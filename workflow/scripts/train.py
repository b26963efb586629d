"""Train one network and keep the weights of its best and of its last epoch."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from dataclasses import replace
    from functools import partial

    from winnow.columns import TRAIN, VALIDATION
    from winnow.networks.build import build
    from winnow.networks.devices import set_up
    from winnow.study.keys.model import model
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.training.attempt import Attempt, make_attempt
    from winnow.training.decorrelation import background_spectator
    from winnow.training.evaluation import read_sample, some
    from winnow.training.run import Run

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, own = snakemake.resources, dict(snakemake.wildcards.items())
    settings, keys = made(Training, params.training), model(params.model)
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info(devices.description)
    labels = keys, params.class_count, params.positive
    training, validation = (read_sample(inputs, name, *labels) for name in (TRAIN, VALIDATION))
    if settings.decorrelation.acts:
        where = inputs.events, inputs.samples, int(own["fold"])
        told = background_spectator(*where, settings.decorrelation.spectator, params.positive)
        training = replace(training, spectator=told[TRAIN])
        validation = replace(validation, spectator=told[VALIDATION])
    training = some(training, settings.fraction, params.seed)
    name = "{point} replica {replica} fold {fold}".format(**own)
    facts = dict(params.items()), dict(inputs.items())
    attempt = Attempt(name, *facts, asked.save_every, bool(asked.tensorboard))
    signal = params.positive if training.positive is None else 0
    run = Run(training, validation, settings, params.seed, devices.compute, signal)
    network = partial(build, keys, training.layout.shape, params.class_count, params.seed)
    make_attempt(attempt, run, network, devices, output, log)
