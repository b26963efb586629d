"""Join the scores of all folds into one table of the whole sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.scores import crossed
    from winnow.tables import write_parquet

    table = crossed(snakemake.input.scores)
    log.info("%d events, each scored by the network that never saw it", len(table))
    write_parquet(table, snakemake.output.scores)
