"""Tabulate and draw the weighted ROC curves of every sample."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import SAMPLE
    from winnow.figures.roc import roc
    from winnow.figures.style import Looks, save
    from winnow.statistics.diagnostics import accuracies
    from winnow.statistics.roc import area_warning, roc_tables
    from winnow.statistics.score_reader import read_class_scores
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    looks = Looks(**params.looks)
    scores = read_class_scores(snakemake.input.scores, params.classes)
    curves, summary = roc_tables(scores, tuple(params.classes), params.signal)
    summary = summary.merge(accuracies(scores, tuple(params.classes)), on=SAMPLE, how="left")
    log.info("areas:\n%s", summary.to_string(index=False))
    if warning := area_warning(summary):
        log.warning("%s", warning)
    save(roc(curves, summary, params.title, params.label, looks), output.png, output.pdf)
    write_parquet(curves, output.curves)
    write_csv(summary, output.summary)
