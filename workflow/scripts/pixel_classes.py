"""Write the classes of the pixels of each sample, and what each class weighs in training."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import PIXEL, PIXEL_CLASS, TRAIN, VALIDATION
    from winnow.preparation.folds import read_fold
    from winnow.preparation.picture_arrays import pixel_weights, write_pixel_classes
    from winnow.study.keys.images import images
    from winnow.tables import write_array

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    keys, fold = images(params.images), int(snakemake.wildcards.fold)
    own = read_fold(inputs.pictures, inputs.samples, fold, [PIXEL, PIXEL_CLASS])
    for name in (TRAIN, VALIDATION):
        write_pixel_classes(own.events, own.rows[name], keys, output[name])
    weights = pixel_weights(own.events, own.rows[TRAIN], keys, params.pixels)
    log.info("weights of pixels: %s", dict(zip(keys.pixel_classes, weights, strict=True)))
    write_array(weights, output.weights)
