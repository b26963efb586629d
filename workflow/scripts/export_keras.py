"""Write the chosen classifier as a Keras file, once it is proved to give the same scores."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    import pandas as pd

    from winnow.networks.devices import set_up_exact
    from winnow.networks.proof import check_equal
    from winnow.statistics.choice import member_positions
    from winnow.storage import atomic
    from winnow.tables import write_json
    from winnow.training.exported import reference
    from winnow.training.keras_export import joined, keras_file_scores

    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    set_up_exact(1)
    table, path = pd.read_csv(inputs.table, dtype=str), output.model
    chosen = member_positions(table, params.runs, params.ensemble)
    own = reference(*([paths[n] for n in chosen] for paths in (inputs.models, inputs.passports)))
    with atomic(path, ".keras") as temporary:
        joined(own.networks).save(temporary)
        check_equal(path, keras_file_scores(temporary, own.passports, own.rows), own.scores)
    write_json({"networks": list(own.passports)}, output.passports)
    log.info("the mean of %d networks, %d rows as by Keras", len(chosen), len(own.rows))
