"""Make training weights from physical weights, for training and validation."""

from functools import partial

import pandas as pd

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import SAMPLE, TRAIN, VALIDATION
    from winnow.preparation.balance import balance
    from winnow.preparation.folds import Fold
    from winnow.preparation.parameter import Asked, Trained, drawing
    from winnow.preparation.planing import weighted
    from winnow.study.keys.balance import Balance
    from winnow.study.typed import made
    from winnow.tables import array_writer, write_csv

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    settings = made(Balance, params.balance)
    fold = Fold(inputs.events, inputs.samples, int(snakemake.wildcards.fold))
    if asked := dict(params.items()).get("parameter"):
        fold = Trained(fold, drawing(fold, Asked(**asked)))
    parts = {
        name: partial(weighted, fold, name, settings.planing.column) for name in (TRAIN, VALIDATION)
    }
    balanced = {
        name: balance(own, settings, params.classes, params.signal, name)
        for name, own in parts.items()
    }
    table = pd.concat(
        [own.table.assign(**{SAMPLE: name}) for name, own in balanced.items()], ignore_index=True
    )
    log.info("weights before and after:\n%s", table.to_string(index=False))
    for name, own in parts.items():
        shape = (fold.count(name),)
        with (
            array_writer(output[f"classes_{name}"], shape, "int8") as write_classes,
            array_writer(output[f"weights_{name}"], shape, "float64") as write_weights,
        ):
            for events in own():
                write_classes(events.classes)
                write_weights(balanced[name].training_weights(events))
    write_csv(table, output.table)
