rule compare:
    input:
        passports=of_runs("checkpoint_model/{run}/passport.json"),
        timings=of_runs("train/{run}/timing.parquet"),
        rocs=of_runs("roc/{run}/summary.csv"),
        foms=of_runs("fom/{run}/best.csv") if SIGNAL else [],
    output:
        table=report(
            "results/{study}/compare/runs.csv",
            caption="../report/compare.rst",
            category="Comparison",
            labels={"figure": "all runs, ranked"},
        ),
        png=report(
            "results/{study}/compare/runs.png",
            caption="../report/compare.rst",
            category="Comparison",
            labels={"figure": "all runs"},
        ),
        pdf="results/{study}/compare/runs.pdf",
    log:
        "logs/{study}/compare/compare.log",
    localrule: True
    conda:
        "../../envs/compare.yaml"
    params:
        runs=RUNS,
        definition=STUDY_CONFIG["fom"]["definition"],
        label=LABEL,
        code=code("compare"),
    script:
        "../scripts/compare.py"


rule best:
    input:
        table="results/{study}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model="results/{study}/best/model.keras",
        passport="results/{study}/best/passport.json",
    log:
        "logs/{study}/best/best.log",
    localrule: True
    conda:
        "../../envs/best.yaml"
    params:
        runs=RUNS,
        code=code("best"),
    script:
        "../scripts/best.py"
