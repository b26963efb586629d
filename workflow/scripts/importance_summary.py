"""Put together what shuffling costs the networks of one scan point."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.figures.importance import importance
    from winnow.figures.style import save
    from winnow.statistics.importance import merge_replicas
    from winnow.tables import write_csv

    output = snakemake.output
    table = merge_replicas([pd.read_csv(path) for path in snakemake.input.tables])
    log.info("importance:\n%s", table.to_string(index=False))
    save(importance(table, label=snakemake.params.label), output.png, output.pdf)
    write_csv(table, output.table)
