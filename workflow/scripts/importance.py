"""Measure what shuffling each input costs a trained network on validation."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.importance import LabelledEvents, input_groups, permutation_importance
    from winnow.study.keys.importance import Importance
    from winnow.study.typed import made
    from winnow.tables import read_array, write_csv
    from winnow.training.scoring import read_scorer

    inputs, params = snakemake.input, snakemake.params
    paths = inputs.model, inputs.network, inputs.passport, inputs.transform
    said = params.features, params.classes, params.reading
    score, _, transform = read_scorer(paths, *said, params.threads)
    asked = made(Importance, params.importance)
    signal = None if params.signal is None else params.classes.index(params.signal)
    table = permutation_importance(
        score,
        LabelledEvents(*map(read_array, (inputs.features, inputs.classes, inputs.weights))),
        input_groups(transform, asked.groups),
        asked.repeats,
        params.seed,
        signal,
    )
    log.info("importance:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.table)
