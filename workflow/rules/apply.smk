if FOREIGN:
    NETWORKS = [str(folder) for folder in FOREIGN.values()]
    NETWORK_FOLDS = list(FOREIGN)
elif ENSEMBLE:
    NETWORKS = [f"results/{STUDY}/checkpoint_model/{RUN.format(**run)}" for run in RUNS]
    NETWORK_FOLDS = [int(run["fold"]) for run in RUNS]
else:
    NETWORKS = [f"results/{STUDY}/best/{fold}".rstrip("/") for fold in BEST]
    NETWORK_FOLDS = [int(fold) for fold in FOLDS]


# files that are scored: unlabelled ones, and with `apply.friends` the study's own
rule apply:
    input:
        file=lambda wildcards: visible(APPLIED[wildcards.applied]),
        table=f"results/{STUDY}/compare/runs.csv" if ENSEMBLE else [],
        models=[f"{folder}/model.keras" for folder in NETWORKS],
        networks=[f"{folder}/network.onnx" for folder in NETWORKS],
        passports=[f"{folder}/passport.json" for folder in NETWORKS],
        roles=(
            applied.foreign_roles(STUDY_CONFIG)
            if FOREIGN
            else [f"results/{STUDY}/ledger/roles.parquet"]
        ),
    output:
        scores=f"results/{STUDY}/apply/{{applied}}/scores.parquet",
        friend=f"results/{STUDY}/apply/{{applied}}/friend.root",
        rejected=f"results/{STUDY}/apply/{{applied}}/rejected.csv",
        counts=f"results/{STUDY}/apply/{{applied}}/counts.json",
    log:
        f"logs/{STUDY}/apply/{{applied}}/apply.log",
    benchmark:
        f"benchmarks/{STUDY}/apply/{{applied}}/apply.tsv"
    conda:
        "../../envs/apply.yaml"
    threads: STUDY_CONFIG["training"]["threads"]
    resources:
        **needs(0, base=2000),
    params:
        file=lambda wildcards: APPLIED[wildcards.applied],
        marks=lambda wildcards: marks_of(APPLIED[wildcards.applied]),
        settings=plain(applied.applied_settings(READING, list(APPLY.spectators))),
        runs=RUNS if ENSEMBLE else None,
        folds=NETWORK_FOLDS,
        tree=plain(APPLY.tree),
        branches=plain(applied.branch_names(STUDY_CONFIG, READING)),
        threads=STUDY_CONFIG["training"]["threads"],
        code=code("apply", chosen=applied_modules),
    script:
        "../scripts/apply.py"
