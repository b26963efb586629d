"""Tabulate and draw the features and their correlations by class."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import CLASS, WEIGHT
    from winnow.figures.correlations import correlations as draw_correlations
    from winnow.figures.inputs import inputs as draw_inputs
    from winnow.figures.style import Looks, save
    from winnow.statistics.diagnostics import correlations, input_histograms
    from winnow.tables import read_events, write_parquet

    output, params = snakemake.output, snakemake.params
    classes, titles, label = tuple(params.classes), params.titles, params.label
    looks = Looks(**params.looks)
    events = read_events(snakemake.input.events, [CLASS, WEIGHT, *params.features]).to_pandas()
    histograms = input_histograms(events, params.features, classes, axes=params.axes)
    matrices = correlations(events, params.features, classes)
    log.info("%d events, %d features", len(events), len(params.features))
    for name, figure in (
        ("inputs", draw_inputs(histograms, params.labels, titles["inputs"], label, looks)),
        (
            "correlations",
            draw_correlations(matrices, params.labels, titles["correlations"], label, looks),
        ),
    ):
        save(figure, output[f"{name}_png"], output[f"{name}_pdf"])
    write_parquet(histograms, output.histograms)
    write_parquet(matrices, output.correlations)
