"""Write the study's page and its headline numbers."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    from winnow.output.headline import headline
    from winnow.output.page import page, read_study
    from winnow.tables import write_text

    params = snakemake.params
    study = read_study(snakemake.input, params.study, params.scored, params.luminosity)
    text = headline(study, params.definition)
    log.info("%s", text)
    template = Path(snakemake.scriptdir, "../report/page.html.j2").read_text(encoding="utf-8")
    write_text(page(study, text, template), snakemake.output.html)
    write_text(text, snakemake.output.headline)
