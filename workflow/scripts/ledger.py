"""Write which role every event has in every fold, and fail on any leak."""

from winnow.job import job

with job(snakemake) as log:
    import pyarrow as pa

    from winnow.columns import EVENT_ID
    from winnow.events import ledger
    from winnow.preparation.folds import read_folds
    from winnow.tables import write_csv, write_parquet

    inputs, params = snakemake.input, snakemake.params
    folds = read_folds(inputs.events, inputs.samples, params.folds, [EVENT_ID])
    ledgers = {fold: ledger.fold_ledger(own, fold) for fold, own in folds.items()}
    if len(ledgers) > 1:
        ledger.check_each_tested_once(list(ledgers.values()))
    for path, fold in zip(inputs.transforms, params.transform_folds, strict=True):
        ledger.check_transform(path, ledgers[fold])
    for path, fold in zip(inputs.scores, params.score_folds, strict=True):
        ledger.check_scores(path, ledgers[fold])
    table = ledger.summary(ledgers)
    log.info("roles of the events:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.summary)
    write_parquet(ledger.roles_table(ledgers), snakemake.output.roles)
    write_parquet(pa.concat_tables(ledgers.values()).unify_dictionaries(), snakemake.output.ledger)
