"""Join the scores of all folds: those on test, and those on validation beside them."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.scores import crossed
    from winnow.tables import write_parquet

    table, joined = crossed(snakemake.input.scores)
    log.info("%d events, each scored by the network that never saw it", len(table))
    write_parquet(table, snakemake.output.scores)
    write_parquet(joined, snakemake.output.joined)
