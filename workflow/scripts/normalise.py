"""Fit the normalisation on training events and apply it to all."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import EVENT_ID, SAMPLES, TRAIN
    from winnow.preparation.arrays import feature_matrix, fitted_on
    from winnow.preparation.folds import read_fold
    from winnow.preparation.normalise.apply import apply, constant_features
    from winnow.preparation.normalise.fit import fit
    from winnow.study.keys.normalise import Normalise, steps
    from winnow.study.typed import made
    from winnow.tables import write_array, write_json

    names = snakemake.params.features
    inputs, fold = snakemake.input, int(snakemake.wildcards.fold)
    own = read_fold(inputs.events, inputs.samples, fold, [EVENT_ID, *names])
    matrices = {name: feature_matrix(own.events, names, own.rows[name]) for name in SAMPLES}
    settings = made(Normalise, snakemake.params.normalise)
    transform = fit(matrices[TRAIN], names, settings, steps(settings))
    transform |= fitted_on(own.events[EVENT_ID].to_numpy()[own.rows[TRAIN]])
    for name in constant_features(transform):
        log.warning("%s is left out: it has one value in all training events", name)
    log.info("fitted on %d training events", len(matrices[TRAIN]))
    for name, matrix in matrices.items():
        write_array(apply(transform, matrix), snakemake.output[name])
    write_json(transform, snakemake.output.transform)
