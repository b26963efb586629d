"""Score every event by the mean over the replicas of a scan point."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.scores import mean_scores
    from winnow.tables import write_parquet

    write_parquet(
        mean_scores(snakemake.input.scores, snakemake.params.classes), snakemake.output.scores
    )
    log.info("mean of %d replicas", len(snakemake.input.scores))
