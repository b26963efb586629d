"""Measure what shuffling each input costs a trained network on validation."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.statistics.importance import LabelledEvents, input_groups, permutation_importance
    from winnow.tables import read_array, read_json, write_csv
    from winnow.training.scoring import Input, ModelFiles, checked_scorer, set_up

    inputs, params = snakemake.input, snakemake.params
    passport, transform = read_json(inputs.passport), read_json(inputs.transform)
    set_up([passport], params.threads)
    given = Input(params.features, transform, params.classes, params.reading)
    files = ModelFiles(inputs.model, inputs.network)
    signal = None if params.signal is None else params.classes.index(params.signal)
    table = permutation_importance(
        checked_scorer(files, passport, given, params.threads),
        LabelledEvents(*map(read_array, (inputs.features, inputs.classes, inputs.weights))),
        input_groups(transform, params.groups),
        params.repeats,
        params.seed,
        signal,
    )
    log.info("importance:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.table)
