"""Say what each systematic variation changes: yields at the cut, bins of fits, the score."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import ROW, SOURCE, score_column
    from winnow.figures.style import Looks, save
    from winnow.figures.variations import variations
    from winnow.statistics.binning import read_edges
    from winnow.statistics.choice import chosen_position, headline_cut
    from winnow.statistics.fom_settings import fom_settings
    from winnow.statistics.observed import SCORE, drawn_edges
    from winnow.statistics.score_reader import read_scores
    from winnow.statistics.variations import beside, variation_tables
    from winnow.study.keys.fom import Fom
    from winnow.study.keys.plot_axes import plot_axes
    from winnow.study.typed import made
    from winnow.tables import write_csv, write_parquet

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    settings, _ = fom_settings(made(Fom, params.fom), params.yields, params.seed)
    position = chosen_position(inputs.table, params.classifiers)
    columns = [*dict.fromkeys([*settings.columns, SOURCE, ROW])]
    nominal = read_scores(inputs.scores[position], columns)
    given = zip(params.directions, inputs.shifted, params.replaced, strict=True)
    shifted = (
        (*names, beside(nominal, own) if replaced else own)
        for names, path, replaced in given
        for own in [read_scores(path, columns)]
    )
    cut = headline_cut(inputs.foms[position])
    drawn = drawn_edges(SCORE, nominal[score_column(params.signal)], plot_axes(params.axes))
    edges = read_edges(inputs.bins[position]), drawn
    at_cut, bins, histograms = variation_tables(nominal, shifted, settings, cut, edges)
    told = ["variation", "direction", "process", "counts_as", "yield_nominal", "relative_shift"]
    log.info("at the cut %g:\n%s", cut, at_cut[told].to_string(index=False))
    names = params.signal, "", params.label, Looks(**params.looks)
    save(variations(histograms, *names), output.png, output.pdf)
    write_csv(at_cut, output.yields)
    write_csv(bins, output.bins)
    write_parquet(histograms, output.histograms)
