rule split:
    input:
        events=sources("events.parquet"),
    output:
        samples=f"results/{STUDY}/split/samples.parquet",
        summary=f"results/{STUDY}/split/summary.csv",
    log:
        f"logs/{STUDY}/split/split.log",
    benchmark:
        f"benchmarks/{STUDY}/split/split.tsv"
    conda:
        "../../envs/split.yaml"
    resources:
        # the ids of events are held where files say themselves which sample they are
        **needs(int(any(own_samples(STUDY_CONFIG)))),
    params:
        fractions=STUDY_CONFIG["split"]["fractions"],
        folds=STUDY_CONFIG["folds"],
        key=scan.split_key(STUDY_CONFIG["seed"]),
        code=code("split"),
    script:
        "../scripts/split.py"
