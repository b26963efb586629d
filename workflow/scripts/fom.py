"""Choose the cut on validation and quote every figure of merit on test."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.columns import CLASS, PROCESS, SAMPLE, WEIGHT, score_column
    from winnow.figures import fom
    from winnow.fom import FomSettings, fom_tables
    from winnow.style import save
    from winnow.tables import read_frame, write_csv, write_parquet
    from winnow.yields import YieldSettings

    output, params = snakemake.output, snakemake.params
    yields = YieldSettings(**params.yields)
    settings = FomSettings(
        yields,
        params.fom["systematic"],
        params.fom["min_background_entries"],
        params.fom["definition"],
    )
    columns = [SAMPLE, CLASS, PROCESS, WEIGHT, score_column(yields.signal)]
    scores = read_frame(snakemake.input.scores, columns)
    curves, best, at_cut = fom_tables(scores, settings)
    log.info("at the best cuts:\n%s", best.to_string(index=False))
    if best["cut"].isna().any():
        log.warning(
            "no cut is eligible for %s: fewer than %d background events on validation",
            ", ".join(best.loc[best["cut"].isna(), "definition"]),
            settings.min_background_entries,
        )
    save(fom(curves, best, settings.headline, params.title, params.label), output.png, output.pdf)
    write_parquet(curves, output.curves)
    write_csv(at_cut, output.yields)
    write_csv(best, output.best)
