"""Choose the cut on validation, quote every figure of merit on test, and read the score in bins."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import ROW, SOURCE, WEIGHT
    from winnow.figures.binned import binned
    from winnow.figures.fom import fom
    from winnow.figures.style import Looks, save
    from winnow.statistics.binned import binned_tables
    from winnow.statistics.fom import beside_one_cut, fom_tables
    from winnow.statistics.fom_groups import group_table
    from winnow.statistics.fom_settings import fom_settings
    from winnow.statistics.fom_warnings import fom_warnings
    from winnow.statistics.heavy import heavy_events
    from winnow.statistics.score_reader import read_scores
    from winnow.statistics.selection import select_events
    from winnow.statistics.yields import absent_yields
    from winnow.study.keys.fom import Fom
    from winnow.study.typed import made
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    names = {"title": params.title, "label": params.label}
    settings, binning = fom_settings(made(Fom, params.fom), params.yields, params.seed)
    columns = dict.fromkeys([*settings.columns, SOURCE, ROW])
    scores = read_scores(snakemake.input.scores, [*columns])
    selected = select_events(scores, settings)
    heavy = heavy_events(scores, selected.kinds)
    absent = absent_yields(selected.kinds, scores[WEIGHT].to_numpy(float), settings.yields)
    curves, best, at_cut = fom_tables(selected, absent, settings)
    log.info("at the best cuts:\n%s", best.to_string(index=False))
    bin_yields, bins, summary = binned_tables(selected, binning)
    summary = beside_one_cut(summary, best)
    log.info("in bins:\n%s", summary.to_string(index=False))
    for message in fom_warnings(best, bins, heavy, absent, settings.min_background_entries):
        log.warning("%s", message)
    write_parquet(curves, output.curves)
    write_csv(best, output.best)
    write_csv(at_cut, output.yields)
    write_csv(heavy, output.heavy)
    write_csv(group_table(selected, best, settings), output.groups)
    write_csv(summary, output.binned)
    write_csv(bins, output.bins)
    write_csv(bin_yields, output.bin_yields)
    save(fom(curves, best, settings.headline, **names), output.png, output.pdf)
    looks = Looks(**params.looks)
    figure = binned(bin_yields, bins, summary, settings.headline, **names, looks=looks)
    save(figure, output.binned_png, output.binned_pdf)
