"""Put the contestants side by side: tables, and figures of each thing that is varied."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.figures.contest_roc import contest_roc
    from winnow.figures.contest_scan import contest_scan
    from winnow.figures.pareto import pareto
    from winnow.figures.style import save
    from winnow.statistics.contest import runs_table, settings_table, summary_table
    from winnow.tables import read_frame, read_json, write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    outcomes = [read_json(path) for path in inputs.outcomes]
    runs = runs_table(outcomes, params.entries, params.variables)
    summary = summary_table(runs)
    log.info("contestants:\n%s", summary.to_string(index=False))
    for position, (variable, values) in enumerate(params.variables.items()):
        figure = contest_scan(runs, variable, values, params.slices[variable], label=params.label)
        save(figure, output.scans_png[position], output.scans_pdf[position])
    curves = [
        (entry, read_frame(path)) for entry, path in zip(params.entries, inputs.curves, strict=True)
    ]
    own = [
        (entry["contestant"], curve) for entry, curve in curves if entry["setting"] == params.first
    ]
    save(contest_roc(own, runs, params.first, label=params.label), output.roc_png, output.roc_pdf)
    save(pareto(summary, label=params.label), output.pareto_png, output.pareto_pdf)
    write_csv(settings_table(outcomes, params.entries), output.settings)
    write_csv(summary, output.summary)
    write_csv(runs, output.runs)
