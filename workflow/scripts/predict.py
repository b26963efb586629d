"""Score every event of every sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import SAMPLES
    from winnow.networks.targets import score_names
    from winnow.statistics.scores import scores_table
    from winnow.tables import read_array, read_json, write_parquet
    from winnow.training.scoring import Input, ModelFiles, checked_scorer, set_up, target_of

    inputs, params = snakemake.input, snakemake.params
    passport, transform = read_json(inputs.passport), read_json(inputs.transform)
    set_up([passport], params.threads)
    given = Input(params.features, transform, params.classes, params.reading)
    files = ModelFiles(inputs.model, inputs.network)
    score = checked_scorer(files, passport, given, params.threads)
    scores = {name: score(read_array(inputs[f"features_{name}"])) for name in SAMPLES}
    where = inputs.events, inputs.samples, int(snakemake.wildcards.fold)
    names = score_names(target_of(passport), params.classes)
    table = scores_table(*where, params.spectators, names, scores)
    log.info("%d events scored by %s", len(table), passport["serves"])
    write_parquet(table, snakemake.output.scores)
