"""Write the codes of all events, how well they are copied, and the passport of the transform."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    import pandas as pd

    from winnow.columns import CLASS, SAMPLES, VALIDATION, WEIGHT
    from winnow.networks.devices import set_up_exact
    from winnow.preparation.folds import Fold, read_fold
    from winnow.preparation.normalise.apply import output_names
    from winnow.statistics.reconstruction import CopyErrors
    from winnow.study.keys.transform import Transform
    from winnow.study.typed import made
    from winnow.tables import new_array, read_array, read_frame, read_json, write_csv, write_json
    from winnow.training import encoding
    from winnow.training.checkpoint import best_loss, golden_events, save_model, training_facts
    from winnow.training.evaluation import copied

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    keys, where = made(Transform, params.transform), (inputs.events, inputs.samples)
    set_up_exact(keys.training.threads)
    history, normalisation = read_frame(inputs.history), read_json(inputs.transform)
    arrays = {s: [inputs[f"{k}_{s}"] for k in ("features", "weights")] for s in SAMPLES[:2]}
    expected = copied(*arrays[VALIDATION]), best_loss(history)
    network = encoding.restored_autoencoder(keys, params.seed, inputs.best, *expected)
    log.info("best epoch restored, validation loss %r reproduced", expected[1])
    encoding.standardise(network, read_array(inputs.features_train))
    encode, tables, fold = encoding.make_encoder(network), [], int(snakemake.wildcards.fold)
    own = read_fold(*where, fold, [CLASS, WEIGHT])
    for sample in SAMPLES:
        events, rows = read_array(inputs[f"features_{sample}"]), own.rows[sample]
        label, weight = (own.events[name].to_numpy()[rows] for name in (CLASS, WEIGHT))
        errors = CopyErrors(output_names(normalisation), params.classes)
        codes = new_array(output[f"codes_{sample}"], (len(rows), keys.bottleneck), "float32")
        anomaly = new_array(output[f"anomaly_{sample}"], (len(rows),), "float32")
        with codes as told, anomaly as scores:
            for part, code, copy in encode(events):
                told[part] = code
                scores[part] = errors.add(events[part], copy, label[part], weight[part])
        tables.append(errors.table(sample))
    facts = training_facts({"transform": params.transform}, params.seeds, history, arrays)
    golden = golden_events(Fold(*where, fold), params.features)
    said = params.features, params.reading, normalisation
    save_model(network, output.model)
    write_json(encoding.transform_passport(network, golden, said, facts), output.passport)
    write_csv(pd.concat(tables, ignore_index=True), output.errors)
