rule importance:
    input:
        model=f"results/{STUDY}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{STUDY}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
        transform=transformed(),
        features=seen("validation"),
        classes=prepared("classes.validation.npy"),
        weights=prepared("weights.validation.npy"),
    output:
        table=f"results/{STUDY}/importance/{RUN}/importance.csv",
    log:
        f"logs/{STUDY}/importance/{RUN}/importance.log",
    benchmark:
        f"benchmarks/{STUDY}/importance/{RUN}/importance.tsv"
    conda:
        "../../envs/importance.yaml"
    threads: training_threads
    resources:
        **needs(1, base=2000, minutes=30),
    params:
        features=UNITS,
        classes=CLASSES,
        reading=reading,
        signal=SIGNAL,
        importance=STUDY_CONFIG["importance"],
        seed=run_seed,
        threads=training_threads,
        code=code("importance", chosen=family),
    script:
        "../scripts/importance.py"


# asked for by its name: nothing else needs it
rule importance_summary:
    input:
        tables=[
            f"results/{STUDY}/importance/{RUN.format(**run)}/importance.csv"
            for run in RUNS
            if run["point"] == next(iter(POINTS))
        ],
    output:
        table=f"results/{STUDY}/importance/importance.csv",
        png=f"results/{STUDY}/importance/importance.png",
        pdf=f"results/{STUDY}/importance/importance.pdf",
    log:
        f"logs/{STUDY}/importance/importance.log",
    localrule: True
    conda:
        "../../envs/importance_summary.yaml"
    params:
        label=plain(PLOT_LABEL),
        code=code("importance_summary"),
    script:
        "../scripts/importance_summary.py"
