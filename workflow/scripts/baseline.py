"""Train a reference classifier and score every event of every sample."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import SAMPLES, score_column
    from winnow.statistics.scores import scores_table
    from winnow.tables import read_array, write_parquet
    from winnow.training.baselines import NEGATIVE_WEIGHTS, fit_scores

    inputs, params = snakemake.input, snakemake.params
    features = {name: read_array(inputs[f"features_{name}"]) for name in SAMPLES}
    weights = read_array(inputs.weights_train)
    scores = fit_scores(
        params.kind,
        features,
        read_array(inputs.classes_train),
        weights,
        len(params.classes),
        params.seed,
        snakemake.threads,
    )
    negative = int((weights < 0).sum())
    log.info("trained on %d events", len(weights))
    if negative:
        log.warning("%d weights are negative: %s", negative, NEGATIVE_WEIGHTS[params.kind])
    where = inputs.events, inputs.samples, int(snakemake.wildcards.fold)
    names = [score_column(name) for name in params.classes]
    table = scores_table(*where, params.spectators, names, scores)
    log.info("%d events scored", len(table))
    write_parquet(table, snakemake.output.scores)
