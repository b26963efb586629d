"""Simulate one chunk of one process as the files of its samples."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.simulation.samples import COLUMNS, chunk, write_chunk

    params = snakemake.params
    events = chunk(params.process, params.events, params.seed, params.number)
    write_chunk(
        params.process,
        events,
        params.total,
        COLUMNS[params.columns],
        [snakemake.output.train, snakemake.output.val, snakemake.output.test],
    )
    log.info("%s: %d events of chunk %d", params.process, params.events, params.number)
