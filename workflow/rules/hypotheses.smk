# what a parametrised network is worth under each hypothesis, for studies with that section
rule hypotheses:
    input:
        model=f"results/{STUDY}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{STUDY}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
        transform=prepared("normalisation.json"),
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        table=f"results/{STUDY}/hypotheses/{RUN}/hypotheses.csv",
    log:
        f"logs/{STUDY}/hypotheses/{RUN}/hypotheses.log",
    benchmark:
        f"benchmarks/{STUDY}/hypotheses/{RUN}/hypotheses.tsv"
    conda:
        "../../envs/hypotheses.yaml"
    threads: training_threads
    resources:
        **needs(3, base=2000, minutes=10),
    params:
        features=UNITS,
        classes=CLASSES,
        reading=reading,
        hypotheses=list(PARAMETER.hypotheses) if PARAMETER else [],
        fom=STUDY_CONFIG["fom"],
        yields=yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        threads=training_threads,
        code=code("hypotheses", chosen=family),
    script:
        "../scripts/hypotheses.py"


# of all trainings, side by side
rule hypotheses_summary:
    input:
        tables=of_runs("hypotheses/{run}/hypotheses.csv"),
    output:
        runs=f"results/{STUDY}/hypotheses/runs.csv",
        points=report(
            f"results/{STUDY}/hypotheses/hypotheses.csv",
            caption="../report/hypotheses.rst",
            category="Hypotheses",
            labels={"figure": "at each hypothesis"},
        ),
        png=report(
            f"results/{STUDY}/hypotheses/hypotheses.png",
            caption="../report/hypotheses.rst",
            category="Hypotheses",
            labels={"figure": "figure of merit against the hypothesis"},
        ),
        pdf=f"results/{STUDY}/hypotheses/hypotheses.pdf",
    log:
        f"logs/{STUDY}/hypotheses/hypotheses_summary.log",
    localrule: True
    conda:
        "../../envs/hypotheses_summary.yaml"
    params:
        runs=RUNS,
        axis=plain(PARAMETER_AXIS),
        label=plain(PLOT_LABEL),
        code=code("hypotheses_summary"),
    script:
        "../scripts/hypotheses_summary.py"
