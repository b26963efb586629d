"""Make training weights from physical weights, for training and validation."""

import pandas as pd

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import CLASS, ROW, SAMPLE, SOURCE, TRAIN, VALIDATION, WEIGHT
    from winnow.preparation.arrays import check_aligned, read_samples, rows_of
    from winnow.preparation.balance import balance
    from winnow.study.keys.balance import Balance
    from winnow.study.typed import made
    from winnow.tables import read_events, write_array, write_csv

    events = read_events(snakemake.input.events, [SOURCE, ROW, CLASS, WEIGHT])
    samples = read_samples(snakemake.input.samples, int(snakemake.wildcards.fold))
    check_aligned(events, samples)
    settings = made(Balance, snakemake.params.balance)
    results = {}
    for name in (TRAIN, VALIDATION):
        rows = rows_of(samples, name)
        classes = events[CLASS].to_numpy()[rows]
        balanced = balance(
            events[WEIGHT].to_numpy()[rows],
            classes,
            settings,
            snakemake.params.classes,
            snakemake.params.signal,
            sample=name,
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
