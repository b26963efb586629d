"""Sum a process's generator weights over each of several files."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.events.generator_weights import generator_weight_sums
    from winnow.study.files import InputFile
    from winnow.tables import write_json

    params = snakemake.params
    for entry, path in zip(params.files, snakemake.output.sums, strict=True):
        file = InputFile(**entry)
        sums = generator_weight_sums(file, params.columns, params.on_defect, params.missing_values)
        log.info("%s: sums of generator weights: %s", file.path, sums)
        write_json(sums, path)
