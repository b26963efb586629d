"""Write which role every event has in every fold, and fail on any leak."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    import pyarrow as pa

    from winnow.columns import EVENT_ID, ROW, SOURCE
    from winnow.events import ledger
    from winnow.preparation.arrays import read_samples
    from winnow.tables import read_events, write_csv, write_parquet

    inputs, params = snakemake.input, snakemake.params
    events = read_events(inputs.events, [SOURCE, ROW, EVENT_ID])
    ledgers = {
        fold: ledger.fold_ledger(events, read_samples(inputs.samples, fold), fold)
        for fold in params.folds
    }
    if len(ledgers) > 1:
        ledger.check_each_tested_once(list(ledgers.values()))
    for path, fold in zip(inputs.transforms, params.transform_folds, strict=True):
        ledger.check_transform(path, ledgers[fold])
    for path, fold in zip(inputs.scores, params.score_folds, strict=True):
        ledger.check_scores(path, ledgers[fold])
    table = ledger.summary(ledgers)
    log.info("roles of the events:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.summary)
    write_parquet(pa.concat_tables(ledgers.values()).unify_dictionaries(), snakemake.output.ledger)
