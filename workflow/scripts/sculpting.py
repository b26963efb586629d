"""Measure and draw how a cut on the score changes the background's spectators."""

from winnow.job import job

with job(snakemake) as log:
    import numpy as np

    from winnow.columns import CLASS, SOURCE, TEST, WEIGHT, score_column
    from winnow.figures.sculpting import sculpting as draw_sculpting
    from winnow.figures.style import save
    from winnow.statistics.kinds import kinds_of
    from winnow.statistics.score_reader import read_scores
    from winnow.statistics.sculpting import sculpting
    from winnow.statistics.yields import YieldSettings, yield_weights
    from winnow.study.keys.plot_axes import plot_axes
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    settings = YieldSettings(**params.yields)
    score = score_column(params.signal)
    columns = [SOURCE, "sample", "process", CLASS, WEIGHT, score, *params.spectators]
    scores = read_scores(snakemake.input.scores, columns)
    kinds = kinds_of(scores, tuple(settings.class_names), settings.split_sources)
    weight = yield_weights(kinds, scores[WEIGHT].to_numpy(np.float64), settings)
    chosen = kinds.inside(TEST) & (kinds.label != settings.class_names.index(params.signal))
    own = scores[chosen]
    distances, histograms = sculpting(
        own[list(params.spectators)],
        own[score].to_numpy(np.float64),
        weight[chosen],
        params.seed,
        plot_axes(params.axes),
    )
    log.info("sculpting:\n%s", distances.to_string(index=False))
    figure = draw_sculpting(distances, histograms, params.labels, params.title, params.label)
    save(figure, output.png, output.pdf)
    write_csv(distances, output.distances)
    write_parquet(histograms, output.histograms)
