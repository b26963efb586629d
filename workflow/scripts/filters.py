"""Draw what the filters of a network's first convolution have learnt."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.figures.filters import filters
    from winnow.figures.style import save
    from winnow.networks.weights import first_convolution

    output = snakemake.output
    kernels = first_convolution(snakemake.input.weights)
    log.info("%d filters of %d × %d pixels", kernels.shape[-1], *kernels.shape[:2])
    save(filters(kernels, label=snakemake.params.label), output.png, output.pdf)
