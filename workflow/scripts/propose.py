"""Propose the trials of a search's next round, of what came of those before."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.search import results
    from winnow.study.sampling import Result, propose
    from winnow.study.space import space, trial_name
    from winnow.tables import read_json, write_json

    inputs, params = snakemake.input, snakemake.params
    outcomes = [read_json(path) for path in inputs.outcomes]
    told = [Result(**own) for own in results(outcomes, params.last)]
    asked = params.points, params.seed, params.sampler, params.first
    proposed = propose(space(params.searched), told, *asked)
    first = int(snakemake.wildcards.round) * params.points
    trials = [
        {"trial": trial_name(first + number), "values": values}
        for number, values in enumerate(proposed)
    ]
    for own in trials:
        log.info("%s: %s", own["trial"], own["values"])
    write_json({"trials": trials}, snakemake.output.trials)
