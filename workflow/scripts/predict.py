"""Score every event of every sample."""

from winnow.job import job
from winnow.lean import import_keras

with job(snakemake.log[0]) as log:
    import_keras()
    import keras

    from winnow.columns import SAMPLES
    from winnow.devices import set_threads
    from winnow.normalise import apply
    from winnow.passport import check_golden, check_input, golden_features
    from winnow.predict import make_scorer
    from winnow.scores import scores_table
    from winnow.tables import read_array, read_json, write_parquet

    inputs, params = snakemake.input, snakemake.params
    set_threads(params.threads)
    passport = read_json(inputs.passport)
    transform = read_json(inputs.transform)
    check_input(passport, params.features, transform, params.classes)
    model = keras.saving.load_model(inputs.model)
    score = make_scorer(model, len(params.classes), params.positive, params.threads)
    check_golden(passport, score(apply(transform, golden_features(passport))))
    scores = {name: score(read_array(inputs[f"features_{name}"])) for name in SAMPLES}
    where = inputs.events, inputs.samples, int(snakemake.wildcards.fold)
    table = scores_table(*where, params.spectators, params.classes, scores)
    log.info("%d events scored", len(table))
    write_parquet(table, snakemake.output.scores)
