"""Join the simulated chunks of one sample into one file."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.simulation.collect import collect

    collect(snakemake.input, snakemake.output[0])
    log.info("%d parts", len(snakemake.input))
