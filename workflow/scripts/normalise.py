"""Fit the normalisation on training events and apply it to all."""

from contextlib import ExitStack

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import EVENT_ID, SAMPLES, TRAIN
    from winnow.preparation.arrays import feature_matrix, fitted_on
    from winnow.preparation.folds import Fold
    from winnow.preparation.normalise.apply import apply, constant_features, output_shape
    from winnow.preparation.normalise.features import Training
    from winnow.preparation.normalise.fit import fit
    from winnow.preparation.parameter import Asked, as_seen, drawing, recorded
    from winnow.study.keys.normalise import Normalise, steps
    from winnow.study.typed import made
    from winnow.tables import array_writer, write_json

    inputs, output, names = snakemake.input, snakemake.output, snakemake.params.features
    fold = Fold(inputs.events, inputs.samples, int(snakemake.wildcards.fold))
    settings = made(Normalise, snakemake.params.normalise)
    asked, told = dict(snakemake.params.items()).get("parameter"), {}
    if asked:
        told = recorded(drawing(fold, Asked(**asked)))
        fold = as_seen(fold, told)
        log.info("the last input is the parameter: %s", told)
    transform = fit(Training(fold, names), settings, steps(settings))
    ids = fold.of_sample(TRAIN, [EVENT_ID])
    transform |= fitted_on(own[EVENT_ID].to_numpy() for own in ids) | told
    for name in constant_features(transform):
        log.warning("%s is left out: it has one value in all training events", name)
    log.info("fitted on %d training events", fold.count(TRAIN))
    with ExitStack() as files:
        write, written = {}, dict.fromkeys(SAMPLES, 0)
        for name in SAMPLES:
            shape = fold.count(name), *output_shape(transform)
            write[name] = files.enter_context(array_writer(output[name], shape, "float32"))
        for block in fold.blocks(names):
            for name, rows in block.rows.items():
                matrix = feature_matrix(block.events, names, rows)
                write[name](apply(transform, matrix, first=written[name]))
                written[name] += len(rows)
    write_json(transform, output.transform)
