# one folder a fold, and none where there is no cross-training
BEST = [f"fold-{fold}/" for fold in FOLDS] if len(FOLDS) > 1 else [""]


# of several scan points alone: one has its history
EVOLUTION = {}
if len(NAMES) > 1:
    EVOLUTION = {
        "evolution": f"results/{STUDY}/compare/evolution.csv",
        "evolution_png": report(
            f"results/{STUDY}/compare/evolution.png",
            caption="../report/evolution.rst",
            category="Comparison",
            labels={"figure": "loss and accuracy of all points"},
        ),
        "evolution_pdf": f"results/{STUDY}/compare/evolution.pdf",
    }


rule compare:
    input:
        passports=of_runs("checkpoint_model/{run}/passport.json"),
        timings=of_runs("train/{run}/timing.parquet"),
        histories=of_runs("train/{run}/history.parquet") if EVOLUTION else [],
        rocs=of_classifiers("roc/{run}/summary.csv"),
        foms=of_classifiers("fom/{run}/best.csv") if SIGNAL else [],
        groups=of_classifiers("fom/{run}/groups.csv") if SIGNAL else [],
        awaited=chosen_first(awaited),
    output:
        **EVOLUTION,
        points=report(
            f"results/{STUDY}/compare/points.csv",
            caption="../report/points.rst",
            category="Comparison",
            labels={"figure": "scan points, ranked"},
        ),
        runs=report(
            f"results/{STUDY}/compare/runs.csv",
            caption="../report/compare.rst",
            category="Comparison",
            labels={"figure": "all runs, ranked"},
        ),
        points_png=report(
            f"results/{STUDY}/compare/points.png",
            caption="../report/metrics.rst",
            category="Comparison",
            labels={"figure": "metrics against scanned keys"},
        ),
        points_pdf=f"results/{STUDY}/compare/points.pdf",
        runs_png=report(
            f"results/{STUDY}/compare/runs.png",
            caption="../report/compare.rst",
            category="Comparison",
            labels={"figure": "all runs"},
        ),
        runs_pdf=f"results/{STUDY}/compare/runs.pdf",
    log:
        f"logs/{STUDY}/compare/compare.log",
    localrule: True
    conda:
        "../../envs/compare.yaml"
    params:
        scored=CLASSIFIER_RUNS,
        scanned=chosen_first(point_keys),
        compare=STUDY_CONFIG["compare"],
        label=plain(PLOT_LABEL),
        code=code("compare"),
    script:
        "../scripts/compare.py"


rule best:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        networks=of_runs("checkpoint_model/{run}/network.onnx"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
        roles=f"results/{STUDY}/ledger/roles.parquet",
    output:
        models=expand(f"results/{STUDY}/best/{{fold}}model.keras", fold=BEST),
        networks=expand(f"results/{STUDY}/best/{{fold}}network.onnx", fold=BEST),
        passports=expand(f"results/{STUDY}/best/{{fold}}passport.json", fold=BEST),
        roles=f"results/{STUDY}/best/roles.parquet",
    log:
        f"logs/{STUDY}/best/best.log",
    localrule: True
    conda:
        "../../envs/best.yaml"
    params:
        runs=RUNS,
        code=code("best"),
    script:
        "../scripts/best.py"
