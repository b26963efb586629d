"""Put all runs side by side, ranked by validation."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    import pandas as pd

    from winnow.compare import ranked, run_row
    from winnow.figures import compare
    from winnow.style import save
    from winnow.tables import read_frame, read_json, write_csv

    inputs, definition = snakemake.input, snakemake.params.definition
    rows = []
    for position, run in enumerate(snakemake.params.runs):
        best = pd.read_csv(inputs.foms[position]) if inputs.foms else None
        passport = read_json(inputs.passports[position])
        timing, roc = read_frame(inputs.timings[position]), pd.read_csv(inputs.rocs[position])
        rows.append(run_row(run, passport, timing, roc, best, definition))
    table = ranked(rows)
    log.info("runs, ranked:\n%s", table.to_string(index=False))
    save(compare(table, label=snakemake.params.label), snakemake.output.png, snakemake.output.pdf)
    write_csv(table, snakemake.output.table)
