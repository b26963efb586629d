"""Copy the models that validation chose, one a fold, to a fixed path."""

import shutil

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.statistics.choice import chosen_positions
    from winnow.storage import atomic

    inputs, outputs = snakemake.input, snakemake.output
    chosen = chosen_positions(pd.read_csv(inputs.table, dtype=str), snakemake.params.runs)
    for kind in ("models", "networks", "passports"):
        for position, target in zip(chosen, outputs[kind], strict=True):
            with atomic(target) as temporary:
                shutil.copyfile(inputs[kind][position], temporary)
            log.info("%s from %s", target, inputs[kind][position])
    with atomic(outputs.roles) as temporary:
        shutil.copyfile(inputs.roles, temporary)
