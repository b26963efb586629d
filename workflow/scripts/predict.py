"""Score every event of every sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    import numpy as np

    from winnow.columns import ANOMALY_SCORE, SAMPLES
    from winnow.networks.targets import score_names
    from winnow.statistics.scores import scores_table
    from winnow.tables import read_array, write_parquet
    from winnow.training.scoring import read_scorer, target_of

    inputs, params = snakemake.input, snakemake.params
    paths = inputs.model, inputs.network, inputs.passport, inputs.transform
    said = params.features, params.classes, params.reading
    score, passport, _ = read_scorer(paths, *said, params.threads)
    scores = {name: score(read_array(inputs[f"features_{name}"])) for name in SAMPLES}
    where = inputs.events, inputs.samples, int(snakemake.wildcards.fold)
    names = score_names(target_of(passport), params.classes)
    if inputs.get("anomaly_test"):
        names += [ANOMALY_SCORE]
        anomaly = {name: read_array(inputs[f"anomaly_{name}"]) for name in SAMPLES}
        scores = {name: np.column_stack([own, anomaly[name]]) for name, own in scores.items()}
    table = scores_table(*where, params.spectators, names, scores)
    log.info("%d events scored by %s", len(table), passport["serves"])
    write_parquet(table, snakemake.output.scores)
