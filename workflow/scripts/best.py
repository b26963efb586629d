"""Copy the model that validation ranks first to a fixed path."""

import shutil

from winnow.job import job

with job(snakemake.log[0]) as log:
    import pandas as pd

    from winnow.compare import position_of_first
    from winnow.tables import atomic

    chosen = position_of_first(pd.read_csv(snakemake.input.table, dtype=str), snakemake.params.runs)
    for name, paths in (("model", snakemake.input.models), ("passport", snakemake.input.passports)):
        with atomic(snakemake.output[name]) as temporary:
            shutil.copyfile(paths[chosen], temporary)
        log.info("%s from %s", name, paths[chosen])
