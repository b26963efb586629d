"""Give every event its sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import EVENT_ID, PROCESS, ROW, SAMPLE, SOURCE, WEIGHT
    from winnow.events.split import samples_table, summary
    from winnow.tables import read_events, write_csv, write_parquet

    wanted = [SOURCE, ROW, EVENT_ID, PROCESS, WEIGHT, SAMPLE]
    events = read_events(snakemake.input.events, wanted)
    params = snakemake.params
    samples = samples_table(events, params.fractions, params.key, params.folds)
    table = summary(events, samples)
    log.info("events per process and sample:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.summary)
    write_parquet(samples, snakemake.output.samples)
