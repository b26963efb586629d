"""Give every event its sample."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import EVENT_ID, PROCESS, ROW, SAMPLE, SOURCE, WEIGHT
    from winnow.split import count_shared, samples_table, summary
    from winnow.tables import read_events, write_csv, write_parquet

    wanted = [SOURCE, ROW, EVENT_ID, PROCESS, WEIGHT, SAMPLE]
    events = read_events(snakemake.input.events, wanted)
    params = snakemake.params
    samples = samples_table(events, params.fractions, params.key, params.folds)
    if SAMPLE in events.column_names:
        shared = count_shared(events[EVENT_ID].to_numpy(), samples[SAMPLE].to_pandas())
        if shared:
            log.warning("%d events stand in more than one sample of the inputs", shared)
    table = summary(events, samples)
    log.info("events per process and sample:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.summary)
    write_parquet(samples, snakemake.output.samples)
