"""Write the chosen classifier's yields and figures of merit as tables for a paper."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd

    from winnow.output.paper import at_the_cut, fom_paper, latex, yields_paper
    from winnow.statistics.choice import chosen_position
    from winnow.tables import write_csv, write_text

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    position = chosen_position(inputs.table, params.classifiers)
    yields = at_the_cut(pd.read_csv(inputs.yields[position]))
    best = pd.read_csv(inputs.foms[position])
    for name, table, mathematics in (
        ("yields", yields_paper(yields), ()),
        ("fom", fom_paper(best), ("figure of merit",)),
    ):
        log.info("\n%s", table.to_string(index=False))
        write_text(latex(table, mathematics), output[f"{name}_tex"])
        write_csv(table, output[f"{name}_csv"])
