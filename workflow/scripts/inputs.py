"""Tabulate and draw the features and their correlations by class."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.figures.correlations import correlations as draw_correlations
    from winnow.figures.inputs import inputs as draw_inputs
    from winnow.figures.style import Looks, save
    from winnow.statistics.input_tables import correlations, input_histograms, parts_of
    from winnow.study.keys.plot_axes import plot_axes
    from winnow.tables import write_parquet

    output, params = snakemake.output, snakemake.params
    classes, titles, label = tuple(params.classes), params.titles, params.label
    looks = Looks(**params.looks)
    events = parts_of(snakemake.input.events)
    histograms = input_histograms(events, params.features, classes, axes=plot_axes(params.axes))
    matrices = correlations(events, params.features, classes)
    log.info("%d features of %d classes", len(params.features), len(classes))
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
