"""Try growing learning rates at several weight decays, and suggest one."""

from winnow.job import job
from winnow.training.gpus import claimed

with job(snakemake) as log, claimed(snakemake.resources.gpu, log.info):
    from winnow.figures import range_test as figure_range_test
    from winnow.figures.style import save
    from winnow.networks.devices import set_up
    from winnow.study.keys.model import model
    from winnow.study.keys.range_test import RangeTest
    from winnow.study.keys.training import Training
    from winnow.study.typed import made
    from winnow.tables import write_csv, write_parquet
    from winnow.training.evaluation import read_data
    from winnow.training.range_test import range_test, suggestions

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    training, keys = made(Training, params.training), model(params.model)
    asked = snakemake.resources
    devices = set_up(training.threads, asked.gpu, training.precision, bool(asked.require_gpu))
    log.info(devices.description)
    arrays = inputs.features, inputs.classes, inputs.weights
    data = read_data(
        *arrays, keys, params.class_count, params.positive, inputs.get("pixel_weights")
    )
    settings = made(RangeTest, params.range_test)
    curves = range_test(data, keys, training, params.class_count, params.seed, settings)
    suggested = suggestions(curves, settings.steps)
    log.info("learning rates:\n%s", suggested.to_string(index=False))
    if suggested["learning_rate"].isna().any():
        log.warning(
            "the loss never fell at weight decays %s: give range_test a wider range or more steps",
            suggested.loc[suggested["learning_rate"].isna(), "weight_decay"].tolist(),
        )
    for decay in suggested.loc[suggested["still_falling"], "weight_decay"]:
        log.warning(
            "the loss still fell at the largest rate at weight decay %g: raise "
            "range_test.stop to find the largest usable",
            decay,
        )
    figure = figure_range_test.range_test(curves, suggested, params.title, params.label)
    save(figure, output.png, output.pdf)
    write_parquet(curves, output.curves)
    write_csv(suggested, output.suggestions)
