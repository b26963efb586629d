"""Train a reference classifier on what surrounds each hit, and score every hit."""

from winnow.job import job

with job(snakemake) as log:
    import numpy as np

    from winnow.columns import TRAIN
    from winnow.preparation.neighbours import neighbour_features
    from winnow.statistics.hits import NO_CLASS, hits_table, judged, read_hits
    from winnow.study.keys.images import images
    from winnow.tables import write_parquet
    from winnow.training.baselines import fit_scores

    ALL = "all"
    inputs, params = snakemake.input, snakemake.params
    where = inputs.events, inputs.pictures, inputs.samples, int(snakemake.wildcards.fold)
    hits = read_hits(*where, images(params.images), params.spectators)
    features, label = neighbour_features(hits.objects), hits.label
    train = hits.of_events(hits.own.rows[TRAIN])
    train = train[label[train] != NO_CLASS]
    found = fit_scores(
        params.kind,
        {TRAIN: features[train], ALL: features},
        label[train],
        np.ones(len(train)),
        len(params.classes),
        params.seed,
        snakemake.threads,
    )
    log.info("trained on %d hits", len(train))
    table = judged(hits_table(hits, params.classes, found[ALL], params.spectators))
    write_parquet(table, snakemake.output.scores)
