"""Draw collision data over the simulation that is expected: the score, and spectators."""

from winnow.job import job

with job(snakemake) as log:
    import numpy as np

    from winnow.columns import CLASS, PROCESS, SAMPLE, SOURCE, WEIGHT, score_column
    from winnow.figures.data import data as draw_data
    from winnow.figures.style import Looks, save
    from winnow.statistics import observed
    from winnow.statistics.choice import chosen_position
    from winnow.statistics.score_reader import read_scores
    from winnow.statistics.yields import YieldSettings
    from winnow.study.keys.plot_axes import plot_axes
    from winnow.tables import write_csv, write_parquet

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    node, drawn = score_column(params.node), list(params.columns)
    seen = observed.read_observed(inputs.data, [node, *drawn], params.duplicates == "drop")
    own = inputs.scores[chosen_position(inputs.table, params.classifiers, params.ensemble)]
    scores = read_scores(own, [SOURCE, SAMPLE, CLASS, PROCESS, WEIGHT, node, *drawn])
    simulated, yields = observed.expected(scores, YieldSettings(**params.yields))
    both = [table.rename(columns={node: observed.SCORE}) for table in (seen.events, simulated)]
    axes = plot_axes(params.axes)
    edges = {
        name: observed.drawn_edges(name, both[1][name], axes) for name in (observed.SCORE, *drawn)
    }
    tables = observed.histograms(*both, edges, params.signal)
    total, error = yields["yield"].sum(), np.hypot.reduce(yields["uncertainty"])
    log.info("seen:\n%s\nof %s", seen.counts.to_string(index=False), own)
    log.info("%d events seen, %.5g ± %.2g expected", len(seen.events), total, error)
    named = params.labels, params.title, params.label, Looks(**params.looks)
    figure = draw_data(tables, params.node, *named)
    save(figure, output.png, output.pdf)
    write_parquet(tables, output.histograms)
    write_csv(seen.counts, output.counts)
    write_csv(yields, output.yields)
