"""Simulate one chunk of one process."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.study.choices import SIMULATORS, part
    from winnow.study.keys.simulate import SimulatedChunk, simulate

    params, chunk = snakemake.params, SimulatedChunk(**snakemake.params.chunk)
    keys = simulate(params.settings)
    part(SIMULATORS, keys.simulator, "write")(keys, chunk, params.seed, snakemake.output.files)
    log.info("%s: %d events of chunk %d", chunk.process, chunk.events, chunk.number)
