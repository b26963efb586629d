"""Write the scores of validation and test, and the best epoch, as the CMS tutorial does."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import TEST, VALIDATION
    from winnow.output.tutorial_files import sample_output, score_columns
    from winnow.tables import read_frame, read_json, write_text

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    scores = read_frame(inputs.scores, score_columns(params.classes, params.signal))
    for sample, path in ((VALIDATION, output.validation), (TEST, output.test)):
        table = sample_output(scores, sample, params.classes, params.signal)
        write_text(table.to_csv(index=False, header=False), path)
        log.info("%s: %d events", path, len(table))
    write_text(f"{read_json(inputs.passport)['epoch']}\n", output.epoch)
