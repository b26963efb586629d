"""Train a network of a search for as long as its rung says, and tell what came of it."""

from winnow.job import job
from winnow.networks.lean import import_keras
from winnow.training.gpus import claimed

with job(snakemake) as log, claimed(snakemake.resources.gpu, log.info):
    import_keras()
    from functools import partial
    from pathlib import Path

    from winnow.networks.build import build
    from winnow.networks.devices import set_up
    from winnow.study.keys.model import model
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.tables import write_json
    from winnow.training.attempt import Attempt
    from winnow.training.prepared import read_run
    from winnow.training.trial import make_trial

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    asked, own = snakemake.resources, snakemake.wildcards
    settings, keys = made(Training, params.training), model(params.model)
    devices = set_up(settings.threads, asked.gpu, settings.precision, bool(asked.require_gpu))
    log.info("%s of %s", params.trial["trial"], params.trial["values"])
    log.info(devices.description)
    labels = keys, params.class_count, params.positive
    run = read_run(inputs, settings, labels, params.seed, 0, devices.compute)
    # a rung's epochs are no part of what is trained: the next rung goes on from its state
    facts = {name: value for name, value in params.items() if name not in ("trial", "epochs")}
    attempt = Attempt(params.trial["trial"], facts, dict(inputs.items()), asked.save_every, False)
    network = partial(build, keys, run.training.layout.shape, params.class_count, params.seed)
    state = Path(output.outcome).parents[3] / "trials" / params.trial["trial"] / "state"
    found = make_trial(attempt, state, run, network, devices, params.epochs, log)
    place = {"round": int(own.round), "rung": int(own.rung)}
    write_json({**params.trial, **place, **found}, output.outcome)
