"""Write the study's page and its headline numbers."""

from winnow.job import job

with job(snakemake) as log:
    from datetime import UTC, datetime
    from pathlib import Path

    from winnow.output.headline import headline
    from winnow.output.page import read_study
    from winnow.output.page_html import Told, movable_cut, page
    from winnow.output.provenance import provenance
    from winnow.output.verdict import verdict
    from winnow.tables import read_json, write_text

    inputs, params = snakemake.input, snakemake.params
    html = Path(snakemake.output.html)
    study = read_study(inputs, params.study, params.scored, params.luminosity)
    text = headline(study, params.definition)
    log.info("%s", text)
    passport = read_json(inputs.passports[0])
    told = Told(
        text,
        verdict(study, params.definition),
        movable_cut(study, params.definition),
        provenance(params.config, passport, study.runs, datetime.now(UTC)),
    )
    templates = Path(snakemake.scriptdir, "../report")
    labels = params.config["plots"]["labels"]
    write_text(page(study, told, templates, html.parent, labels), html)
    write_text(text, snakemake.output.headline)
