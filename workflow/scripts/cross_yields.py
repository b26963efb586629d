"""Sum the test yields of all folds, each at its own cut."""

import pandas as pd

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.cross import summed_yields
    from winnow.tables import write_csv

    table = summed_yields([pd.read_csv(path) for path in snakemake.input.yields])
    log.info("test yields of all folds:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.yields)
