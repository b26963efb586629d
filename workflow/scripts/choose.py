"""Choose the best trial of a search, and put all side by side."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.figures.search import search_figure
    from winnow.figures.style import save
    from winnow.statistics.search import chosen, trial_table
    from winnow.tables import read_json, write_csv, write_json

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    outcomes = [read_json(path) for path in inputs.outcomes]
    best, table = chosen(outcomes, params.last), trial_table(outcomes, params.last)
    log.info("trials, ranked:\n%s", table.to_string(index=False))
    log.info("%s is chosen: %s", best["trial"], best["values"])
    save(search_figure(table, label=params.label), output.png, output.pdf)
    write_csv(table, output.table)
    write_json(best, output.chosen)
