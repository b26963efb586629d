"""Tabulate and draw training curves, score distributions and confusion, and test over-training."""

from winnow.job import job

with job(snakemake) as log:
    import numpy as np

    from winnow.columns import TEST
    from winnow.figures.confusion import confusion as draw_confusion
    from winnow.figures.history import history as draw_history
    from winnow.figures.nodes import nodes as draw_nodes
    from winnow.figures.scores import scores as draw_scores
    from winnow.figures.style import Looks, save
    from winnow.statistics.diagnostics import confusion, score_histograms
    from winnow.statistics.overtraining import overtraining_table
    from winnow.statistics.score_reader import read_class_scores
    from winnow.study.keys.plot_axes import PlotAxis
    from winnow.study.typed import made
    from winnow.tables import read_frame, write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    classes, titles, label = tuple(params.classes), params.titles, params.label
    looks = Looks(**params.looks)
    scores = read_class_scores(snakemake.input.scores, classes)
    history = read_frame(snakemake.input.history)
    histograms = score_histograms(scores, classes, asked=made(PlotAxis, params.axis))
    matrix = confusion(scores, classes)
    generator = np.random.default_rng(params.seed)
    tested = overtraining_table(scores, classes, params.signal, generator)
    log.info("training against validation:\n%s", tested.to_string(index=False))
    node = classes[params.positive]
    drawn = {
        "history": draw_history(history, titles["history"], label),
        "scores": draw_scores(histograms, tested, node, titles["scores"], label, looks),
        "confusion": draw_confusion(matrix, TEST, titles["confusion"], label, looks),
    }
    if output.get("nodes_png"):
        drawn["nodes"] = draw_nodes(histograms, titles["scores"], label, looks)
    for name, figure in drawn.items():
        save(figure, output[f"{name}_png"], output[f"{name}_pdf"])
    write_parquet(histograms, output.histograms)
    write_csv(history, output.history)
    write_csv(matrix, output.confusion)
    write_csv(tested, output.overtraining)
