"""Train the autoencoder of a learned transform and keep the weights of its best and last epoch."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake.log[0]) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from pathlib import Path

    from winnow.columns import SAMPLES
    from winnow.networks.autoencoder import autoencoder
    from winnow.networks.devices import set_up
    from winnow.study.keys.transform import Transform
    from winnow.study.typed import made
    from winnow.tables import write_parquet
    from winnow.training.bar import progress
    from winnow.training.evaluation import copied, some
    from winnow.training.progress import Watch
    from winnow.training.resume import resumable
    from winnow.training.run import Run
    from winnow.training.tensorboard import tensorboard
    from winnow.training.train import train

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, keys = snakemake.resources, made(Transform, params.transform)
    settings = keys.training
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info(devices.description)
    arrays = ([inputs[f"{kind}_{s}"] for kind in ("features", "weights")] for s in SAMPLES[:2])
    training, validation = (copied(*own) for own in arrays)
    training = some(training, settings.fraction, params.seed)
    folder, facts = Path(output.history).parent, (dict(params.items()), dict(inputs.items()))
    name = "transform {transform} fold {fold}".format(**dict(snakemake.wildcards.items()))
    with (
        devices.strategy.scope(),
        resumable(folder / "state", *facts, asked.save_every, log.info) as checkpoint,
        progress(name, log.terminal, log.info) as status,
    ):
        network = autoencoder(keys, training.layout.shape, params.seed)
        log.info("%d parameters, %d events", network.count_params(), training.count)
        scalars = tensorboard(folder / "tensorboard") if asked.tensorboard else lambda row: None
        watch, paths = Watch(log.info, status, scalars), (output.best, output.last)
        run = Run(training, validation, settings, params.seed, devices.compute)
        history, timing = train(network, run, *paths, watch, checkpoint)
        write_parquet(timing, output.timing)
        write_parquet(history, output.history)
