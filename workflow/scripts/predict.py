"""Score every event of every sample."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake.log[0]) as log:
    import_keras()
    from winnow.columns import SAMPLES
    from winnow.networks.devices import set_up_exact
    from winnow.networks.targets import score_names
    from winnow.statistics.scores import scores_table
    from winnow.tables import read_array, read_json, write_parquet
    from winnow.training.restore import checked_scorer, target_of

    inputs, params = snakemake.input, snakemake.params
    set_up_exact(params.threads)
    passport, transform = read_json(inputs.passport), read_json(inputs.transform)
    asked = params.features, transform, params.classes, params.reading
    score = checked_scorer(inputs.model, passport, *asked, params.threads)
    scores = {name: score(read_array(inputs[f"features_{name}"])) for name in SAMPLES}
    where = inputs.events, inputs.samples, int(snakemake.wildcards.fold)
    names = score_names(target_of(passport), params.classes)
    table = scores_table(*where, params.spectators, names, scores)
    log.info("%d events scored", len(table))
    write_parquet(table, snakemake.output.scores)
