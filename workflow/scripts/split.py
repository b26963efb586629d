"""Give every event its sample."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import EVENT_ID, PROCESS, ROW, SAMPLE, SOURCE, WEIGHT
    from winnow.events.split import Split
    from winnow.tables import event_blocks, write_csv, write_tables

    params = snakemake.params
    split = Split(params.fractions, params.key, params.folds)
    wanted = [SOURCE, ROW, EVENT_ID, PROCESS, WEIGHT, SAMPLE]
    events = event_blocks(snakemake.input.events, wanted)
    write_tables(split.tables(events), snakemake.output.samples)
    table = split.summary()
    log.info("events per process and sample:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.summary)
