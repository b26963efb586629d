"""Score every event of every sample."""

from contextlib import ExitStack

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import ANOMALY_SCORE, SAMPLES
    from winnow.networks.targets import score_names
    from winnow.preparation.folds import Fold
    from winnow.statistics.scores import score_blocks, taker
    from winnow.tables import array_reader, write_tables
    from winnow.training.scoring import read_scorer, scored, target_of

    inputs, params = snakemake.input, snakemake.params
    paths = inputs.model, inputs.network, inputs.passport, inputs.transform
    said = params.features, params.classes, params.reading
    score, passport, _ = read_scorer(paths, *said, params.threads)
    fold = Fold(inputs.events, inputs.samples, int(snakemake.wildcards.fold))
    names = score_names(target_of(passport), params.classes)
    if inputs.get("anomaly_test"):
        names += [ANOMALY_SCORE]
    with ExitStack() as files:
        take = {}
        for name in SAMPLES:
            arrays = inputs[f"features_{name}"], inputs.get(f"anomaly_{name}")
            read = [files.enter_context(array_reader(path)) for path in arrays if path]
            take[name] = taker(scored(score, *read))
        table = score_blocks(fold, params.spectators, names, take)
        write_tables(table, snakemake.output.scores)
    log.info("%d events scored by %s", len(fold.codes), passport["serves"])
