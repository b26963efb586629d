"""Write the pictures of each sample as the arrays that networks are trained on."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.columns import PIXEL, SAMPLES, VALUE
    from winnow.preparation.folds import read_fold
    from winnow.preparation.picture_arrays import picture_transform, write_pictures
    from winnow.study.keys.images import images
    from winnow.tables import write_json

    inputs, output = snakemake.input, snakemake.output
    keys, fold = images(snakemake.params.images), int(snakemake.wildcards.fold)
    own = read_fold(inputs.pictures, inputs.samples, fold, [PIXEL, VALUE])
    for name in SAMPLES:
        write_pictures(own.events, own.rows[name], keys, output[name])
        log.info("%s: %d events of shape %s", name, len(own.rows[name]), keys.shape)
    write_json(picture_transform(keys), output.transform)
