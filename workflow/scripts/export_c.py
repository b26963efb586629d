"""Write the chosen classifier as C99, raw features in, once it is proved to give Keras' scores."""

from winnow.job import job
from winnow.networks.lean import import_keras

with job(snakemake) as log:
    import_keras()
    import pandas as pd

    from winnow.networks.devices import set_up_exact
    from winnow.networks.members import classifier
    from winnow.networks.proof import check_equal
    from winnow.output.c_code import header, source
    from winnow.output.c_compiled import c_scores
    from winnow.statistics.choice import member_positions
    from winnow.tables import write_text
    from winnow.training.exported import reference

    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    set_up_exact(1)
    table = pd.read_csv(inputs.table, dtype=str)
    chosen = member_positions(table, params.runs, params.ensemble)
    own = reference(*([paths[n] for n in chosen] for paths in (inputs.models, inputs.passports)))
    exported = classifier(own.networks, own.passports)
    told = header(exported), source(exported)
    check_equal(output.source, c_scores(*told, own.rows, len(exported.classes)), own.scores)
    for text, path in zip(told, (output.header, output.source), strict=True):
        write_text(text, path)
    log.info("the mean of %d networks, %d rows as by Keras", len(chosen), len(own.rows))
