EXPORTED = {
    "onnx": "model.onnx",
    "c": "model.c",
    "keras": "model.keras",
    "saved_model": "saved_model",
}
EXPORTS = [
    *(of_runs("export/{run}/val_output.csv") if EXPORT.scores else []),
    *(
        [f"results/{STUDY}/export/{len(FEATURES)}var_fom.csv"]
        if EXPORT.fom_table
        else []
    ),
    *(f"results/{STUDY}/export/{EXPORTED[name]}" for name in EXPORT.formats),
    *([f"results/{STUDY}/export/fit/workspace.json"] if EXPORT.workspace else []),
]


rule export_scores:
    input:
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
    output:
        validation=f"results/{STUDY}/export/{RUN}/val_output.csv",
        test=f"results/{STUDY}/export/{RUN}/test_output.csv",
        epoch=f"results/{STUDY}/export/{RUN}/best_epoch.txt",
    log:
        f"logs/{STUDY}/export/{RUN}/export_scores.log",
    conda:
        "../../envs/export_scores.yaml"
    resources:
        **needs(3),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        code=code("export_scores"),
    script:
        "../scripts/export_scores.py"


# the score in bins of the classifier that validation chose, its folds together
rule workspace:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        yields=(
            of_joined("bin_yields.csv") or of_classifiers("fom/{run}/bin_yields.csv")
        ),
        shifted=[f"results/{STUDY}/variations/bin_yields.csv"] if SHIFTS else [],
    output:
        workspace=f"results/{STUDY}/export/fit/workspace.json",
        root=f"results/{STUDY}/export/fit/histograms.root",
        expected=f"results/{STUDY}/export/fit/expected.csv",
    log:
        f"logs/{STUDY}/export/fit/workspace.log",
    conda:
        "../../envs/workspace.yaml"
    resources:
        **asks(lambda wildcards: 1500, 5),
    params:
        classifiers=CLASSIFIERS,
        systematic=plain(FOM.systematic),
        code=code("workspace"),
    script:
        "../scripts/workspace.py"


rule export_table:
    input:
        foms=of_runs("fom/{run}/best.csv"),
        awaited=chosen_first(awaited),
    output:
        table=f"results/{STUDY}/export/{len(FEATURES)}var_fom.csv",
    log:
        f"logs/{STUDY}/export/export_table.log",
    localrule: True
    conda:
        "../../envs/export_table.yaml"
    params:
        settings=chosen_first(
            lambda: [
                {
                    section: point_of(SimpleNamespace(**run)).config[section]
                    for section in ("normalise", "model", "training")
                }
                for run in RUNS
            ]
        ),
        classes=CLASSES,
        code=code("export_table"),
    script:
        "../scripts/export_table.py"


# the classifier that validation chose, as one model; with folds the mean of their networks
rule export_onnx:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model=f"results/{STUDY}/export/model.onnx",
    log:
        f"logs/{STUDY}/export/export_onnx.log",
    conda:
        "../../envs/export_onnx.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=EXPORT.ensemble,
        code=code("export_onnx", chosen=families),
    script:
        "../scripts/export_onnx.py"


rule export_c:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        header=f"results/{STUDY}/export/model.h",
        source=f"results/{STUDY}/export/model.c",
    log:
        f"logs/{STUDY}/export/export_c.log",
    conda:
        "../../envs/export_c.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=EXPORT.ensemble,
        code=code("export_c", chosen=families),
    script:
        "../scripts/export_c.py"


rule export_keras:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model=f"results/{STUDY}/export/model.keras",
        passports=f"results/{STUDY}/export/keras.passports.json",
    log:
        f"logs/{STUDY}/export/export_keras.log",
    conda:
        "../../envs/export_keras.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=EXPORT.ensemble,
        code=code("export_keras", chosen=families),
    script:
        "../scripts/export_keras.py"


rule export_saved_model:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model=directory(f"results/{STUDY}/export/saved_model"),
        passports=f"results/{STUDY}/export/saved_model.passports.json",
    log:
        f"logs/{STUDY}/export/export_saved_model.log",
    conda:
        "../../envs/export_saved_model.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=EXPORT.ensemble,
        code=code("export_saved_model", chosen=families),
    script:
        "../scripts/export_saved_model.py"
