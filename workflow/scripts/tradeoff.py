"""Hold each classifier's area against how far it sculpts the background's spectators."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.figures.style import save
    from winnow.figures.tradeoff import tradeoff as draw_tradeoff
    from winnow.statistics.tradeoff import tradeoff
    from winnow.tables import write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    rocs, distances = (
        [pd.read_csv(path) for path in own] for own in (inputs.rocs, inputs.distances)
    )
    table = tradeoff(params.scored, rocs, distances)
    log.info("area and sculpting:\n%s", table.to_string(index=False))
    save(draw_tradeoff(table, params.labels, label=params.label), output.png, output.pdf)
    write_csv(table, output.table)
