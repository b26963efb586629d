"""Put all classifiers and scan points side by side, ranked by validation."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.figures.compare import points_figure, runs_figure
    from winnow.figures.evolution import evolution as evolution_figure
    from winnow.figures.style import save
    from winnow.statistics.compare import comparison, run_row
    from winnow.statistics.evolution import evolution
    from winnow.study.keys.compare import Compare
    from winnow.study.typed import made
    from winnow.tables import read_frame, read_json, write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    metrics = made(Compare, params.compare).metrics
    trainings = [
        (read_json(passport), read_frame(timing))
        for passport, timing in zip(inputs.passports, inputs.timings, strict=True)
    ]
    rows, groups, fom = [], [], ""
    for position, scored in enumerate(params.scored):
        best = pd.read_csv(inputs.foms[position]) if inputs.foms else None
        if best is not None:
            fom = best.loc[best["headline"], "label"].iloc[0]
        # networks come first, in the order of their trainings
        own = trainings[position] if position < len(trainings) else (None, None)
        roc = pd.read_csv(inputs.rocs[position])
        rows.append(run_row(scored, roc, best, *own, metrics))
        if inputs.groups:
            own = {name: scored[name] for name in ("kind", "point", "member", "fold")}
            groups.append(pd.read_csv(inputs.groups[position]).assign(**own))
    runs, points = comparison(rows, params.scanned, pd.concat(groups) if groups else None)
    told = points.to_string(index=False), runs.to_string(index=False)
    log.info("scan points, ranked:\n%s\nruns, ranked:\n%s", *told)
    drawn = {
        "runs": runs_figure(runs, points, fom, label=params.label),
        "points": points_figure(points, params.scanned, fom, label=params.label),
    }
    if inputs.histories:
        own = [scored["point"] for scored in params.scored[: len(inputs.histories)]]
        table = evolution(map(read_frame, inputs.histories), own)
        drawn["evolution"] = evolution_figure(table, points, label=params.label)
        write_csv(table, output.evolution)
    for name in drawn:
        save(drawn[name], output[f"{name}_png"], output[f"{name}_pdf"])
    write_csv(points, output.points)
    write_csv(runs, output.runs)
