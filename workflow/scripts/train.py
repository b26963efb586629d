"""Train one network and keep the weights of its best and of its last epoch."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake.log[0]) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from pathlib import Path

    from winnow.columns import TRAIN, VALIDATION
    from winnow.networks.build import build
    from winnow.networks.devices import set_up
    from winnow.study.keys.model import model
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.tables import write_parquet
    from winnow.training.bar import progress
    from winnow.training.evaluation import read_sample, some
    from winnow.training.progress import Watch
    from winnow.training.resume import resumable
    from winnow.training.run import Run
    from winnow.training.tensorboard import tensorboard
    from winnow.training.train import train

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, own = snakemake.resources, dict(snakemake.wildcards.items())
    settings, keys = made(Training, params.training), model(params.model)
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info(devices.description)
    labels = keys, params.class_count, params.positive
    training, validation = (read_sample(inputs, name, *labels) for name in (TRAIN, VALIDATION))
    training = some(training, settings.fraction, params.seed)
    folder, facts = Path(output.history).parent, (dict(params.items()), dict(inputs.items()))
    name = "{point} replica {replica} fold {fold}".format(**own)
    with (
        devices.strategy.scope(),
        resumable(folder / "state", *facts, asked.save_every, log.info) as checkpoint,
        progress(name, log.terminal, log.info) as status,
    ):
        network = build(keys, training.layout.shape, params.class_count, params.seed)
        log.info("%d parameters, %d events", network.count_params(), training.count)
        scalars = tensorboard(folder / "tensorboard") if asked.tensorboard else lambda row: None
        watch, paths = Watch(log.info, status, scalars), (output.best, output.last)
        run = Run(training, validation, settings, params.seed, devices.compute)
        history, timing = train(network, run, *paths, watch, checkpoint)
        write_parquet(timing, output.timing)
        write_parquet(history, output.history)
