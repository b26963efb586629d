"""Train one network and keep the weights of its best and of its last epoch."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from functools import partial

    from winnow.networks.build import build
    from winnow.networks.devices import set_up
    from winnow.study.keys.model import model
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.training.attempt import Attempt, make_attempt
    from winnow.training.prepared import read_run

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, own = snakemake.resources, dict(snakemake.wildcards.items())
    settings, keys = made(Training, params.training), model(params.model)
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info(devices.description)
    labels = keys, params.class_count, params.positive
    run = read_run(inputs, settings, labels, params.seed, int(own["fold"]), devices.compute)
    name = "{point} replica {replica} fold {fold}".format(**own)
    facts = dict(params.items()), dict(inputs.items())
    attempt = Attempt(name, *facts, asked.save_every, bool(asked.tensorboard))
    network = partial(build, keys, run.training.layout.shape, params.class_count, params.seed)
    make_attempt(attempt, run, network, devices, output, log)
