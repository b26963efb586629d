rule generator_weights:
    input:
        file=lambda wildcards: FILES[wildcards.source]["path"],
    output:
        sums="results/{study}/ingest/{source}/generator_weights.json",
    log:
        "logs/{study}/ingest/{source}/generator_weights.log",
    conda:
        "../../envs/generator_weights.yaml"
    resources:
        **needs(0),
    params:
        file=lambda wildcards: FILES[wildcards.source],
        columns=generator_columns(STUDY_CONFIG),
        on_defect=STUDY_CONFIG["input"]["on_defect"],
        missing_values=ingest_settings(STUDY_CONFIG)["missing_values"],
        code=code("generator_weights"),
    script:
        "../scripts/generator_weights.py"


rule ingest:
    input:
        file=lambda wildcards: FILES[wildcards.source]["path"],
        sums=generator_sums,
    output:
        events="results/{study}/ingest/{source}/events.parquet",
        cutflow="results/{study}/ingest/{source}/cutflow.parquet",
        rejected="results/{study}/ingest/{source}/rejected.csv",
        counts="results/{study}/ingest/{source}/counts.json",
    log:
        "logs/{study}/ingest/{source}/ingest.log",
    benchmark:
        "benchmarks/{study}/ingest/{source}/ingest.tsv"
    conda:
        "../../envs/ingest.yaml"
    # a second thread pays for large files; small ones are better read side by side
    threads: 2 if INPUT_SIZE > 100 * len(FILES) else 1
    resources:
        **needs(0, base=2000),
    params:
        file=lambda wildcards: FILES[wildcards.source],
        settings=ingest_settings(STUDY_CONFIG),
        code=code("ingest"),
    script:
        "../scripts/ingest.py"
