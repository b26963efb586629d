"""Stream input files into events one after the other, each with its cutflow and rejected rows."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.events.ingest import ingest, ingest_messages
    from winnow.events.settings import resolved_settings
    from winnow.study.files import InputFile
    from winnow.tables import read_json

    output, params = snakemake.output, snakemake.params
    sums = iter(snakemake.input.sums)
    for position, entry in enumerate(params.files):
        file = InputFile(**entry)
        own = [read_json(next(sums)) for _ in range(params.sums[position])]
        counts = ingest(
            file,
            resolved_settings(params.settings, own, file.process),
            output.events[position],
            output.cutflow[position],
            output.rejected[position],
            output.counts[position],
        )
        log.info("%s: %s", file.path, counts)
        for message in ingest_messages(file, counts, output.rejected[position]):
            log.warning("%s", message)
