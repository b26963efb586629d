"""Write the chosen classifier as a TensorFlow SavedModel, once it gives Keras' scores."""

from pathlib import Path
from tempfile import TemporaryDirectory

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    import pandas as pd

    from winnow.networks.devices import set_up_exact
    from winnow.networks.proof import check_equal
    from winnow.statistics.choice import member_positions
    from winnow.tables import write_json
    from winnow.training.exported import reference
    from winnow.training.keras_export import joined, saved_model_scores

    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    set_up_exact(1)
    table, path = pd.read_csv(inputs.table, dtype=str), output.model
    chosen = member_positions(table, params.runs, params.ensemble)
    own = reference(*([paths[n] for n in chosen] for paths in (inputs.models, inputs.passports)))
    with TemporaryDirectory(dir=Path(path).parent) as folder:
        made = Path(folder) / "model"
        joined(own.networks).export(made, format="tf_saved_model", verbose=False)
        check_equal(path, saved_model_scores(made, own.passports, own.rows), own.scores)
        made.rename(path)
    write_json({"networks": list(own.passports)}, output.passports)
    log.info("the mean of %d networks, %d rows as by Keras", len(chosen), len(own.rows))
