"""Fit the normalisation on training events and apply it to all."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import EVENT_ID, ROW, SAMPLES, SOURCE, TRAIN
    from winnow.preparation.arrays import (
        check_aligned,
        feature_matrix,
        fitted_on,
        read_samples,
        rows_of,
    )
    from winnow.preparation.normalise.apply import apply, constant_features
    from winnow.preparation.normalise.fit import fit
    from winnow.study.keys.normalise import Normalise, steps
    from winnow.study.typed import made
    from winnow.tables import read_events, write_array, write_json

    names = snakemake.params.features
    events = read_events(snakemake.input.events, [SOURCE, ROW, EVENT_ID, *names])
    samples = read_samples(snakemake.input.samples, int(snakemake.wildcards.fold))
    check_aligned(events, samples)
    rows = {name: rows_of(samples, name) for name in SAMPLES}
    matrices = {name: feature_matrix(events, names, rows[name]) for name in SAMPLES}
    settings = made(Normalise, snakemake.params.normalise)
    transform = fit(matrices[TRAIN], names, settings, steps(settings))
    transform |= fitted_on(events[EVENT_ID].to_numpy()[rows[TRAIN]])
    for name in constant_features(transform):
        log.warning("%s is left out: it has one value in all training events", name)
    log.info("fitted on %d training events", len(matrices[TRAIN]))
    for name, matrix in matrices.items():
        write_array(apply(transform, matrix), snakemake.output[name])
    write_json(transform, snakemake.output.transform)
