"""Draw how well a learned transform copies the test events."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.columns import CLASS, SAMPLE, TEST, WEIGHT
    from winnow.figures import reconstruction as figure_reconstruction
    from winnow.figures.style import Looks, save
    from winnow.preparation.folds import read_fold
    from winnow.statistics.reconstruction import anomaly_histograms
    from winnow.tables import read_array, write_parquet

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    errors = pd.read_csv(inputs.errors)
    own = read_fold(inputs.events, inputs.samples, int(snakemake.wildcards.fold), [CLASS, WEIGHT])
    label, weight = (own.events[name].to_numpy()[own.rows[TEST]] for name in (CLASS, WEIGHT))
    histograms = anomaly_histograms(read_array(inputs.anomaly), label, weight, params.classes)
    errors = errors[errors[SAMPLE] == TEST]
    looks = Looks(**params.looks)
    figure = figure_reconstruction.reconstruction(errors, histograms, "", params.label, looks)
    save(figure, output.png, output.pdf)
    write_parquet(histograms, output.histograms)
