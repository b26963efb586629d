EXPORTED = {
    "onnx": "model.onnx",
    "c": "model.c",
    "keras": "model.keras",
    "saved_model": "saved_model",
}
EXPORTS = [
    *(
        of_runs("export/{run}/val_output.csv")
        if STUDY_CONFIG["export"]["scores"]
        else []
    ),
    *(
        [f"results/{STUDY}/export/{len(FEATURES)}var_fom.csv"]
        if STUDY_CONFIG["export"]["fom_table"]
        else []
    ),
    *(
        f"results/{STUDY}/export/{EXPORTED[name]}"
        for name in STUDY_CONFIG["export"]["formats"]
    ),
    *(
        [f"results/{STUDY}/export/fit/workspace.json"]
        if STUDY_CONFIG["export"]["workspace"]
        else []
    ),
]


rule export_scores:
    input:
        scores=f"results/{{study}}/predict/{RUN}/scores.parquet",
        passport=f"results/{{study}}/checkpoint_model/{RUN}/passport.json",
    output:
        validation=f"results/{{study}}/export/{RUN}/val_output.csv",
        test=f"results/{{study}}/export/{RUN}/test_output.csv",
        epoch=f"results/{{study}}/export/{RUN}/best_epoch.txt",
    log:
        f"logs/{{study}}/export/{RUN}/export_scores.log",
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
        table="results/{study}/compare/runs.csv",
        yields=(
            of_joined("bin_yields.csv") or of_classifiers("fom/{run}/bin_yields.csv")
        ),
    output:
        workspace="results/{study}/export/fit/workspace.json",
        root="results/{study}/export/fit/histograms.root",
        expected="results/{study}/export/fit/expected.csv",
    log:
        "logs/{study}/export/fit/workspace.log",
    conda:
        "../../envs/workspace.yaml"
    resources:
        **asks(lambda wildcards: 1500, 5),
    params:
        classifiers=CLASSIFIERS,
        systematic=plain(STUDY_CONFIG["fom"]["systematic"]),
        code=code("workspace"),
    script:
        "../scripts/workspace.py"


rule export_table:
    input:
        foms=of_runs("fom/{run}/best.csv"),
    output:
        table=f"results/{{study}}/export/{len(FEATURES)}var_fom.csv",
    log:
        "logs/{study}/export/export_table.log",
    localrule: True
    conda:
        "../../envs/export_table.yaml"
    params:
        settings=[
            {
                section: POINTS[run["point"]].config[section]
                for section in ("normalise", "model", "training")
            }
            for run in RUNS
        ],
        classes=CLASSES,
        code=code("export_table"),
    script:
        "../scripts/export_table.py"


# the classifier that validation chose, as one model; with folds the mean of their networks
rule export_onnx:
    input:
        table="results/{study}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model="results/{study}/export/model.onnx",
    log:
        "logs/{study}/export/export_onnx.log",
    conda:
        "../../envs/export_onnx.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=STUDY_CONFIG["export"]["ensemble"],
        code=code("export_onnx", chosen=families),
    script:
        "../scripts/export_onnx.py"


rule export_c:
    input:
        table="results/{study}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        header="results/{study}/export/model.h",
        source="results/{study}/export/model.c",
    log:
        "logs/{study}/export/export_c.log",
    conda:
        "../../envs/export_c.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=STUDY_CONFIG["export"]["ensemble"],
        code=code("export_c", chosen=families),
    script:
        "../scripts/export_c.py"


rule export_keras:
    input:
        table="results/{study}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model="results/{study}/export/model.keras",
        passports="results/{study}/export/keras.passports.json",
    log:
        "logs/{study}/export/export_keras.log",
    conda:
        "../../envs/export_keras.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=STUDY_CONFIG["export"]["ensemble"],
        code=code("export_keras", chosen=families),
    script:
        "../scripts/export_keras.py"


rule export_saved_model:
    input:
        table="results/{study}/compare/runs.csv",
        models=of_runs("checkpoint_model/{run}/model.keras"),
        passports=of_runs("checkpoint_model/{run}/passport.json"),
    output:
        model=directory("results/{study}/export/saved_model"),
        passports="results/{study}/export/saved_model.passports.json",
    log:
        "logs/{study}/export/export_saved_model.log",
    conda:
        "../../envs/export_saved_model.yaml"
    resources:
        **asks(lambda wildcards: 2000, 3),
    params:
        runs=RUNS,
        ensemble=STUDY_CONFIG["export"]["ensemble"],
        code=code("export_saved_model", chosen=families),
    script:
        "../scripts/export_saved_model.py"
