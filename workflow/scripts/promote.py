"""Choose the trials of a round that go on."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.statistics.search import promoted
    from winnow.tables import read_json, write_json

    outcomes = [read_json(path) for path in snakemake.input.outcomes]
    for own in outcomes:
        log.info("%s: loss %s after %d epochs", own["trial"], own["loss"], own["epochs"])
    trials = promoted(outcomes, snakemake.params.trials)
    log.info("these go on: %s", ", ".join(own["trial"] for own in trials))
    write_json({"trials": trials}, snakemake.output.trials)
