rule ledger:
    input:
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
        transforms=chosen_first(
            lambda: of_preparations("normalisation.json")
            + of_transforms("passport.json")
        ),
        scores=of_classifiers("predict/{run}/scores.parquet"),
    output:
        ledger=f"results/{STUDY}/ledger/ledger.parquet",
        summary=f"results/{STUDY}/ledger/summary.csv",
        roles=f"results/{STUDY}/ledger/roles.parquet",
    log:
        f"logs/{STUDY}/ledger/ledger.log",
    conda:
        "../../envs/ledger.yaml"
    resources:
        **needs(2),
    params:
        folds=[int(fold) for fold in FOLDS],
        transform_folds=chosen_first(
            lambda: [
                int(fold)
                for _ in [*used("preparation"), *used("transform")]
                for fold in FOLDS
            ]
        ),
        score_folds=[int(scored["fold"]) for scored in CLASSIFIER_RUNS],
        code=code("ledger"),
    script:
        "../scripts/ledger.py"
