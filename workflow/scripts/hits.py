"""Tabulate and draw how many hits get their class, and draw the best and the worst events."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import TEST
    from winnow.figures.displays import displays
    from winnow.figures.hits import hit_accuracy
    from winnow.figures.style import Looks, save
    from winnow.statistics.displays import displayed
    from winnow.statistics.hit_accuracy import (
        accuracy_by_hits,
        event_hits,
        hit_accuracies,
        shown_events,
    )
    from winnow.study.keys.images import images
    from winnow.tables import read_frame, write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    names, keys = tuple(params.classes), images(params.images)
    told = {"label": params.label, "looks": Looks(**params.looks)}
    events = event_hits(read_frame(inputs.scores), names)
    accuracies, by_hits = hit_accuracies(events, names), accuracy_by_hits(events, TEST)
    log.info("share of hits with their class:\n%s", accuracies.to_string(index=False))
    figure = hit_accuracy(accuracies, by_hits, TEST, **told)
    save(figure, output.png, output.pdf)
    shown = displayed(shown_events(events, TEST), inputs.events, inputs.hits, keys, names)
    labels = {name: keys.objects[name] for name in ("wire", "x")}
    figure = displays(shown, names, labels, **told)
    save(figure, output.displays_png, output.displays_pdf)
    write_csv(accuracies, output.accuracies)
    write_csv(by_hits, output.by_hits)
