"""Turn the best epoch's weights into a model with a passport, and check them."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    from winnow.networks.devices import set_up_exact
    from winnow.networks.passport import RunFacts
    from winnow.preparation.parameter import seen_fold
    from winnow.study.keys.model import model
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.tables import read_frame, read_json, write_json
    from winnow.training import checkpoint
    from winnow.training.encoding import read_encoder, with_encoder
    from winnow.training.evaluation import read_data
    from winnow.training.serving import save_serving

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    training, keys = made(Training, params.training), model(params.model)
    set_up_exact(training.threads)
    count, arrays = len(params.classes), [inputs.features, inputs.classes, inputs.weights]
    trained_on = [inputs.features_train, inputs.classes_train, inputs.weights_train]
    validation = read_data(*arrays, keys, count, params.positive, inputs.get("pixel_weights"))
    history = read_frame(inputs.history)
    best, expected_loss = checkpoint.best_epoch(history), checkpoint.best_loss(history)
    expected = validation, expected_loss, training.precision
    network = checkpoint.restored(keys, count, params.run_seed, inputs.best, *expected)
    log.info("epoch %d restored, validation loss %r reproduced", best, expected_loss)
    said = params.classes, params.positive, params.features, params.reading
    config = {"model": params.model, "training": params.training, "balance": params.balance}
    seeds = {"config": params.config_seed, "run": params.run_seed}
    prepared = {"train": trained_on, "validation": arrays}
    if inputs.get("encoder"):
        encoder, learned = read_encoder(inputs.encoder, inputs.encoder_passport)
        given = network, encoder, inputs.normalised, inputs.best, expected
        network, validation = with_encoder(*given)
        config |= learned["config"]
        seeds, prepared = seeds | learned["seeds"], prepared | {"transform": [inputs.encoder]}
    facts, transform = RunFacts(*said, config, seeds), read_json(inputs.transform)
    fold = seen_fold(inputs.events, inputs.samples, snakemake.wildcards.fold, transform)
    seen = validation.features if "images" in params.reading else None
    golden, levels = checkpoint.kept_events(fold, params.features, seen)
    passport = checkpoint.make_passport(network, history, transform, golden, facts, prepared)
    passport["levels"] = levels
    checkpoint.save_model(network, output.model)
    passport["serves"] = save_serving(network, validation.features, passport, output.network)
    log.info("events are scored by %s", passport["serves"])
    write_json(passport, output.passport)
