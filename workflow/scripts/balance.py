"""Make training weights from physical weights, for training and validation."""

import pandas as pd

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import CLASS, SAMPLE, TRAIN, VALIDATION, WEIGHT
    from winnow.preparation.balance import balance
    from winnow.preparation.folds import read_fold
    from winnow.study.keys.balance import Balance
    from winnow.study.typed import made
    from winnow.tables import write_array, write_csv

    inputs, fold = snakemake.input, int(snakemake.wildcards.fold)
    settings = made(Balance, snakemake.params.balance)
    planing = [settings.planing.column] if settings.planing.acts else []
    own = read_fold(inputs.events, inputs.samples, fold, [CLASS, WEIGHT, *planing])
    results = {}
    for name in (TRAIN, VALIDATION):
        classes = own.events[CLASS].to_numpy()[own.rows[name]]
        balanced = balance(
            own.events[WEIGHT].to_numpy()[own.rows[name]],
            classes,
            settings,
            snakemake.params.classes,
            snakemake.params.signal,
            sample=name,
            planed_by=own.events[planing[0]].to_numpy()[own.rows[name]] if planing else None,
        )
        results[name] = classes, balanced
    table = pd.concat(
        [balanced.table.assign(**{SAMPLE: name}) for name, (_, balanced) in results.items()],
        ignore_index=True,
    )
    log.info("weights before and after:\n%s", table.to_string(index=False))
    for name, (classes, balanced) in results.items():
        write_array(classes, snakemake.output[f"classes_{name}"])
        write_array(balanced.training_weights, snakemake.output[f"weights_{name}"])
    write_csv(table, snakemake.output.table)
