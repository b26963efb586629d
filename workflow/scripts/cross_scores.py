"""Tabulate and draw score distributions and confusion of all folds' events together."""

from winnow.job import job

with job(snakemake):
    import pandas as pd

    from winnow.columns import CLASS, TEST
    from winnow.figures.confusion import confusion as draw_confusion
    from winnow.figures.nodes import nodes as draw_nodes
    from winnow.figures.scores import scores as draw_scores
    from winnow.figures.style import Looks, save
    from winnow.statistics.diagnostics import confusion, score_histograms
    from winnow.statistics.score_reader import read_class_scores
    from winnow.study.keys.plot_axes import PlotAxis
    from winnow.study.typed import made
    from winnow.tables import write_csv, write_parquet

    output, params = snakemake.output, snakemake.params
    classes, titles, label = tuple(params.classes), params.titles, params.label
    looks = Looks(**params.looks)
    scores = read_class_scores(snakemake.input.scores, classes)
    histograms = score_histograms(scores, classes, asked=made(PlotAxis, params.axis))
    matrix = confusion(scores, classes)
    untested = pd.DataFrame(columns=[CLASS, "node", "p_value"])  # training's events are not there
    node = classes[params.positive]
    drawn = {
        "scores": draw_scores(histograms, untested, node, titles["scores"], label, looks),
        "confusion": draw_confusion(matrix, TEST, titles["confusion"], label, looks),
    }
    if output.get("nodes_png"):
        drawn["nodes"] = draw_nodes(histograms, titles["scores"], label, looks)
    for name, figure in drawn.items():
        save(figure, output[f"{name}_png"], output[f"{name}_pdf"])
    write_parquet(histograms, output.histograms)
    write_csv(matrix, output.confusion)
