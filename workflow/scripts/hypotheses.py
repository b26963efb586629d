"""Tabulate what a parametrised network is worth at each hypothesis."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.preparation.folds import Fold
    from winnow.statistics.fom_settings import fom_settings
    from winnow.statistics.hypotheses import ParametrisedNetwork, hypothesis_table
    from winnow.study.keys.fom import Fom
    from winnow.study.typed import made
    from winnow.tables import write_csv
    from winnow.training.scoring import read_scorer

    inputs, params = snakemake.input, snakemake.params
    paths = inputs.model, inputs.network, inputs.passport, inputs.transform
    said = params.features, params.classes, params.reading
    score, _, transform = read_scorer(paths, *said, params.threads)
    names = [feature["name"] for feature in params.features]
    network = ParametrisedNetwork(score, transform, names, params.classes)
    fold = Fold(inputs.events, inputs.samples, int(snakemake.wildcards.fold))
    settings, _ = fom_settings(made(Fom, params.fom), params.yields, params.seed)
    table = hypothesis_table(fold, network, params.hypotheses, settings)
    log.info("at each hypothesis:\n%s", table.to_string(index=False))
    write_csv(table, snakemake.output.table)
