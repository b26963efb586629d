"""Draw pictures of the objects of a file's events."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.preparation.rasterise import rasterise, rasterise_messages
    from winnow.study.keys.images import images

    inputs, output = snakemake.input, snakemake.output
    keys = images(snakemake.params.images)
    counts = rasterise(inputs.events, keys, output.pictures, output.counts, snakemake.threads)
    log.info("%s", counts)
    for message in rasterise_messages(inputs.events, counts):
        log.warning("%s", message)
