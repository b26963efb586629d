rule report:
    input:
        counts=sources("counts.json"),
        cutflows=sources("cutflow.parquet"),
        split="results/{study}/split/summary.csv",
        balances=expand(
            "results/{{study}}/prepare/{preparation}/fold-{fold}/balance.csv",
            preparation=PREPARATIONS,
            fold=FOLDS,
        ),
        inputs=[
            "results/{study}/inputs/inputs.png",
            "results/{study}/inputs/correlations.png",
        ],
        runs="results/{study}/compare/runs.csv",
        compare="results/{study}/compare/runs.png",
        model="results/{study}/best/model.keras",
        rocs=of_runs("roc/{run}/summary.csv"),
        roc_figures=of_runs("roc/{run}/roc.png"),
        foms=of_runs("fom/{run}/best.csv") if SIGNAL else [],
        yields=of_runs("fom/{run}/yields.csv") if SIGNAL else [],
        fom_figures=of_runs("fom/{run}/fom.png") if SIGNAL else [],
        overtraining=of_runs("diagnostics/{run}/overtraining.csv"),
        score_figures=of_runs("diagnostics/{run}/scores.png"),
        confusion_figures=of_runs("diagnostics/{run}/confusion.png"),
        history_figures=of_runs("diagnostics/{run}/history.png"),
    output:
        html="results/{study}/report/report.html",
        headline="results/{study}/report/headline.txt",
    log:
        "logs/{study}/report/report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=STUDY,
        runs=RUNS,
        definition=STUDY_CONFIG["fom"]["definition"] if SIGNAL else None,
        code=code("report", "../report/page.html.j2"),
    script:
        "../scripts/report.py"
