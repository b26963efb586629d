ALONE = pattern(source for source in FILES if source not in SMALL)


rule generator_weights:
    input:
        file=lambda wildcards: at_hand(wildcards.source),
    output:
        sums=[f"results/{STUDY}/ingest/{{source}}/generator_weights.json"],
    log:
        f"logs/{STUDY}/ingest/{{source}}/generator_weights.log",
    wildcard_constraints:
        source=ALONE,
    conda:
        "../../envs/generator_weights.yaml"
    resources:
        **needs(0),
    params:
        files=lambda wildcards: [FILES[wildcards.source]],
        marks=marked(),
        columns=generator_columns(STUDY_CONFIG),
        on_defect=STUDY_CONFIG["input"]["on_defect"],
        missing_values=ingest_settings(STUDY_CONFIG)["missing_values"],
        code=code("generator_weights", chosen=formats()),
    script:
        "../scripts/generator_weights.py"


rule ingest:
    input:
        file=lambda wildcards: at_hand(wildcards.source),
        sums=generator_sums,
    output:
        events=[f"results/{STUDY}/ingest/{{source}}/events.parquet"],
        cutflow=[f"results/{STUDY}/ingest/{{source}}/cutflow.parquet"],
        rejected=[f"results/{STUDY}/ingest/{{source}}/rejected.csv"],
        counts=[f"results/{STUDY}/ingest/{{source}}/counts.json"],
    log:
        f"logs/{STUDY}/ingest/{{source}}/ingest.log",
    benchmark:
        f"benchmarks/{STUDY}/ingest/{{source}}/ingest.tsv"
    wildcard_constraints:
        source=ALONE,
    conda:
        "../../envs/ingest.yaml"
    # a second thread pays for large files; small ones are better read side by side
    threads: 2 if INPUT_SIZE > 100 * len(FILES) else 1
    resources:
        **needs(0, base=2000),
    params:
        files=lambda wildcards: [FILES[wildcards.source]],
        marks=marked(),
        sums=lambda wildcards: [len(generator_sums(wildcards))],
        settings=ingest_settings(STUDY_CONFIG),
        code=code("ingest", chosen=formats()),
    script:
        "../scripts/ingest.py"


for BATCH, SOURCES in BATCHES.items():

    rule:
        name:
            f"generator_weights_{BATCH}"
        input:
            files=at_hand(*SOURCES),
        output:
            sums=[
                f"results/{STUDY}/ingest/{source}/generator_weights.json"
                for source in SOURCES
            ],
        log:
            f"logs/{STUDY}/ingest/batch-{BATCH}/generator_weights.log",
        conda:
            "../../envs/generator_weights.yaml"
        resources:
            **needs(0),
        params:
            files=plain([FILES[source] for source in SOURCES]),
            marks=marked(*SOURCES),
            columns=plain(generator_columns(STUDY_CONFIG)),
            on_defect=STUDY_CONFIG["input"]["on_defect"],
            missing_values=ingest_settings(STUDY_CONFIG)["missing_values"],
            code=code("generator_weights", chosen=formats(*SOURCES)),
        script:
            "../scripts/generator_weights.py"

    rule:
        name:
            f"ingest_{BATCH}"
        input:
            files=at_hand(*SOURCES),
            sums=[path for source in SOURCES for path in generator_sums_of(source)],
        output:
            events=[
                f"results/{STUDY}/ingest/{source}/events.parquet" for source in SOURCES
            ],
            cutflow=[
                f"results/{STUDY}/ingest/{source}/cutflow.parquet"
                for source in SOURCES
            ],
            counts=[
                f"results/{STUDY}/ingest/{source}/counts.json" for source in SOURCES
            ],
            # last: Snakemake looks for an input's rule through the outputs in order
            rejected=[
                f"results/{STUDY}/ingest/{source}/rejected.csv" for source in SOURCES
            ],
        log:
            f"logs/{STUDY}/ingest/batch-{BATCH}/ingest.log",
        benchmark:
            f"benchmarks/{STUDY}/ingest/batch-{BATCH}/ingest.tsv"
        conda:
            "../../envs/ingest.yaml"
        resources:
            **needs(0, base=2000),
        params:
            files=plain([FILES[source] for source in SOURCES]),
            marks=marked(*SOURCES),
            sums=[len(generator_sums_of(source)) for source in SOURCES],
            settings=plain(ingest_settings(STUDY_CONFIG)),
            code=code("ingest", chosen=formats(*SOURCES)),
        script:
            "../scripts/ingest.py"
