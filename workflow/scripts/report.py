"""Write the study's page and its headline numbers."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    from winnow.output.headline import headline
    from winnow.output.page import read_study
    from winnow.output.page_html import page
    from winnow.output.verdict import verdict
    from winnow.tables import write_text

    params = snakemake.params
    html = Path(snakemake.output.html)
    study = read_study(snakemake.input, params.study, params.scored, params.luminosity)
    text = headline(study, params.definition)
    log.info("%s", text)
    templates = Path(snakemake.scriptdir, "../report")
    found = verdict(study, params.definition)
    write_text(page(study, text, found, templates, html.parent), html)
    write_text(text, snakemake.output.headline)
