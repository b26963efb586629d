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
    from winnow.tables import write_csv, write_parquet

    output, params, asked = snakemake.output, snakemake.params, snakemake.params.calibration
    classes, labels, label, along = params.classes, params.labels, params.label, asked["columns"]
    columns, seed = [*dict.fromkeys([*params.features, *along])], params.seed
    files = snakemake.input.scores, snakemake.input.events
    events = read_test_events(*files, classes, columns, asked["truth"], seed)
    made = tables(events.judged, events.columns, along, asked["bins"])
    summary = pd.DataFrame([{**cross_entropies(events.judged), "drawn_with_seed": str(seed)}])
    log.info("sums:\n%s\n%s", made["sums"].to_string(index=False), summary.T.to_string())
    looks = Looks(**params.looks)
    drawn = {
        "sums": class_sums(made["sums"], "", label, looks),
        "efficiencies": efficiencies(made["efficiencies"], labels, "", label, looks),
        "reliability": reliability(made["reliability"], "", label, looks),
    } | ({"truth": truth(made["truth"], "", label, looks)} if "truth" in made else {})
    for name, figure in drawn.items():
        save(figure, output[f"{name}_png"], output[f"{name}_pdf"])
    for name, png, pdf in zip(classes, output.class_png, output.class_pdf, strict=True):
        save(distributions(made["distributions"], name, labels, "", label, looks), png, pdf)
    write_parquet(drawn_table(events, seed), output.drawn)
    write_csv(summary, output.summary)
    for name, table in made.items():
        write_csv(table, output[name])
