"""Write the chosen classifier in ONNX, raw features in, once it is proved to give Keras' scores."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    import pandas as pd

    from winnow.networks.devices import set_up_exact
    from winnow.networks.members import classifier
    from winnow.networks.proof import check_equal
    from winnow.output.onnx_model import onnx_model, onnx_scores
    from winnow.statistics.choice import member_positions
    from winnow.tables import write_bytes
    from winnow.training.exported import reference

    inputs, params, path = snakemake.input, snakemake.params, snakemake.output.model
    set_up_exact(1)
    table = pd.read_csv(inputs.table, dtype=str)
    chosen = member_positions(table, params.runs, params.ensemble)
    own = reference(*([paths[n] for n in chosen] for paths in (inputs.models, inputs.passports)))
    model = onnx_model(classifier(own.networks, own.passports)).SerializeToString()
    check_equal(path, onnx_scores(model, own.rows), own.scores)
    write_bytes(model, path)
    log.info("%s: the mean of %d networks, %d rows as by Keras", path, len(chosen), len(own.rows))
