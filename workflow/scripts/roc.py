"""Tabulate and draw the weighted ROC curves of every sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import CLASS, SAMPLE, WEIGHT, score_column
    from winnow.figures.roc import roc
    from winnow.figures.style import save
    from winnow.statistics.roc import area_warning, roc_tables
    from winnow.statistics.score_reader import read_scores
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    columns = [SAMPLE, CLASS, WEIGHT, *map(score_column, params.classes)]
    scores = read_scores(snakemake.input.scores, columns)
    curves, summary = roc_tables(scores, tuple(params.classes), params.signal)
    log.info("areas:\n%s", summary.to_string(index=False))
    if warning := area_warning(summary):
        log.warning("%s", warning)
    save(roc(curves, summary, params.title, params.label), output.png, output.pdf)
    write_parquet(curves, output.curves)
    write_csv(summary, output.summary)
