"""Hold a run's scores on test events against their classes, as probabilities."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.figures.class_sums import class_sums
    from winnow.figures.distributions import distributions
    from winnow.figures.efficiencies import efficiencies
    from winnow.figures.reliability import reliability
    from winnow.figures.style import Looks, save
    from winnow.figures.truth import truth
    from winnow.statistics.calibration import cross_entropies, tables
    from winnow.statistics.judged import drawn_table, read_test_events
    from winnow.study.keys.calibration import Calibration
    from winnow.study.keys.plot_axes import plot_axes
    from winnow.study.typed import made
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    asked = made(Calibration, params.calibration)
    classes, labels, label, along = params.classes, params.labels, params.label, asked.columns
    columns, seed = [*dict.fromkeys([*params.features, *along])], params.seed
    files = snakemake.input.scores, snakemake.input.events
    events = read_test_events(*files, classes, columns, asked.truth, seed)
    found = tables(events.judged, events.columns, along, asked.bins, plot_axes(params.axes))
    summary = pd.DataFrame([{**cross_entropies(events.judged), "drawn_with_seed": str(seed)}])
    log.info("sums:\n%s\n%s", found["sums"].to_string(index=False), summary.T.to_string())
    looks = Looks(**params.looks)
    drawn = {
        "sums": class_sums(found["sums"], "", label, looks),
        "efficiencies": efficiencies(found["efficiencies"], labels, "", label, looks),
        "reliability": reliability(found["reliability"], "", label, looks),
    } | ({"truth": truth(found["truth"], "", label, looks)} if "truth" in found else {})
    for name, figure in drawn.items():
        save(figure, output[f"{name}_png"], output[f"{name}_pdf"])
    for name, png, pdf in zip(classes, output.class_png, output.class_pdf, strict=True):
        save(distributions(found["distributions"], name, labels, "", label, looks), png, pdf)
    write_parquet(drawn_table(events, seed), output.drawn)
    write_csv(summary, output.summary)
    for name, table in found.items():
        write_csv(table, output[name])
