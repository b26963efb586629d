"""Write the figures of merit of all runs as the CMS tutorial's table."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.output.tutorial_files import fom_table
    from winnow.tables import write_text

    params = snakemake.params
    bests = [pd.read_csv(path) for path in snakemake.input.foms]
    table = fom_table(bests, params.settings, len(params.classes))
    log.info("\n%s", table.to_string())
    write_text(table.to_csv(), snakemake.output.table)
