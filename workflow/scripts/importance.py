"""Measure what shuffling each input costs a trained network on validation."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.statistics.importance import LabelledEvents, input_groups, permutation_importance
    from winnow.tables import read_array, read_json, write_csv
    from winnow.training.restore import checked_scorer, set_up_scoring

    inputs, params = snakemake.input, snakemake.params
    passport, transform = read_json(inputs.passport), read_json(inputs.transform)
    set_up_scoring(passport, params.threads)
    asked = params.features, transform, params.classes, params.reading
    signal = None if params.signal is None else params.classes.index(params.signal)
    table = permutation_importance(
        checked_scorer(inputs.model, passport, *asked, params.threads),
        LabelledEvents(*map(read_array, (inputs.features, inputs.classes, inputs.weights))),
        input_groups(transform, params.groups),
        params.repeats,
        params.seed,
        signal,
    )
    log.info("importance:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.table)
