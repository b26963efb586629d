"""Draw what all trainings of a parametrised network are worth against the hypothesis."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.figures.hypotheses import hypotheses
    from winnow.figures.style import save
    from winnow.statistics.hypothesis_means import of_all_runs
    from winnow.tables import write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    runs, points = of_all_runs(params.runs, [pd.read_csv(path) for path in inputs.tables])
    log.info("mean of each scan point:\n%s", points.to_string(index=False))
    write_csv(runs, output.runs)
    write_csv(points, output.points)
    save(hypotheses(points, params.axis, label=params.label), output.png, output.pdf)
