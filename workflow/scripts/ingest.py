"""Stream one input file into events, with its cutflow and its rejected rows."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.events.ingest import ingest, ingest_messages
    from winnow.events.settings import resolved_settings
    from winnow.study.files import InputFile
    from winnow.tables import read_json

    sums = [read_json(path) for path in snakemake.input.sums]
    file = InputFile(**snakemake.params.file)
    counts = ingest(
        file,
        resolved_settings(snakemake.params.settings, sums, file.process),
        snakemake.output.events,
        snakemake.output.cutflow,
        snakemake.output.rejected,
        snakemake.output.counts,
    )
    log.info("%s", counts)
    for message in ingest_messages(file, counts, snakemake.output.rejected):
        log.warning("%s", message)
