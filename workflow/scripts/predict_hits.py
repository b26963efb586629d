"""Score every hit of every event by its pixel."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import SAMPLES
    from winnow.statistics.hits import hits_table, judged, pixel_scores, read_hits
    from winnow.study.keys.images import images
    from winnow.tables import read_array, write_parquet
    from winnow.training.scoring import read_scorer

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    paths = inputs.model, inputs.network, inputs.passport, inputs.transform
    said = params.features, params.classes, params.reading
    score, _, _ = read_scorer(paths, *said, params.threads)
    where = inputs.events, inputs.pictures, inputs.samples, int(snakemake.wildcards.fold)
    hits = read_hits(*where, images(params.reading["images"]), params.spectators)
    pictures = {name: read_array(inputs[f"features_{name}"]) for name in SAMPLES}
    scores = pixel_scores(hits, pictures, score)
    table = hits_table(hits, params.classes[1:], scores, params.spectators)
    log.info("%d hits of %d events scored", len(table), len(hits.own.events))
    write_parquet(table, output.hits)
    write_parquet(judged(table), output.scores)
