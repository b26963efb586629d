"""Let one contestant train at one setting, and measure what it takes."""

import time

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import SAMPLE, SAMPLES, TEST, TRAIN, VALIDATION, score_column
    from winnow.contest.run import entered
    from winnow.contest.task import Events, Task
    from winnow.networks.hidden import Hidden
    from winnow.statistics.contest import areas
    from winnow.statistics.roc import roc_tables
    from winnow.statistics.scores import scores_table
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.tables import read_array, write_json, write_parquet

    begin = time.perf_counter()
    inputs, params = snakemake.input, snakemake.params
    features = {name: read_array(inputs[f"features_{name}"]) for name in SAMPLES}

    def sample(name):
        """Return a sample's events in memory."""
        labels = read_array(inputs[f"classes_{name}"]) == params.positive
        weights = read_array(inputs[f"weights_{name}"])
        return Events(features[name][:], labels.astype("int8"), weights[:])

    settings = made(Hidden, params.model), made(Training, params.training)
    task = Task(sample(TRAIN), sample(VALIDATION), *settings, params.seed, params.threads)
    scores, outcome = entered(params.contestant, task, features)
    where = inputs.events, inputs.samples, 0
    names = [score_column(params.signal)]
    columns = {name: own.astype("float32")[:, None] for name, own in scores.items()}
    table = scores_table(*where, [], names, columns)
    curves, summary = roc_tables(table.to_pandas(), tuple(params.classes), params.signal)
    outcome |= areas(summary)
    spent = ("real_seconds", "import_seconds", "scoring_seconds")
    outcome["harness_seconds"] = time.perf_counter() - begin - sum(outcome[n] for n in spent)
    log.info("%s: %s", params.contestant, outcome)
    write_parquet(table, snakemake.output.scores)
    write_parquet(curves[curves[SAMPLE] == TEST], snakemake.output.curve)
    write_json(outcome, snakemake.output.outcome)
