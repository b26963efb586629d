"""Sum a process's generator weights over one file."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.events.generator_weights import generator_weight_sums
    from winnow.study.files import InputFile
    from winnow.tables import write_json

    params = snakemake.params
    file = InputFile(**params.file)
    sums = generator_weight_sums(file, params.columns, params.on_defect, params.missing_values)
    log.info("sums of generator weights: %s", sums)
    write_json(sums, snakemake.output.sums)
