"""Sum a process's generator weights over one file."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.ingest import generator_weight_sum
    from winnow.inputs import InputFile
    from winnow.tables import write_json

    file = InputFile(**snakemake.params.file)
    sums = {
        process: generator_weight_sum(
            file, column, snakemake.params.on_defect, snakemake.params.missing_values
        )
        for process, column in snakemake.params.columns.items()
        if process == file.process
    }
    log.info("sums of generator weights: %s", sums)
    write_json(sums, snakemake.output.sums)
