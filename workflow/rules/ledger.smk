rule ledger:
    input:
        events=sources("events.parquet"),
        samples="results/{study}/split/samples.parquet",
        transforms=expand(
            "results/{{study}}/prepare/{preparation}/fold-{fold}/normalisation.json",
            preparation=PREPARATIONS,
            fold=FOLDS,
        )
        + of_transforms("passport.json"),
        scores=of_classifiers("predict/{run}/scores.parquet"),
    output:
        ledger="results/{study}/ledger/ledger.parquet",
        summary="results/{study}/ledger/summary.csv",
        roles="results/{study}/ledger/roles.parquet",
    log:
        "logs/{study}/ledger/ledger.log",
    conda:
        "../../envs/ledger.yaml"
    resources:
        **needs(2),
    params:
        folds=[int(fold) for fold in FOLDS],
        transform_folds=[
            int(fold) for _ in [*PREPARATIONS, *TRANSFORMS] for fold in FOLDS
        ],
        score_folds=[int(scored["fold"]) for scored in CLASSIFIER_RUNS],
        code=code("ledger"),
    script:
        "../scripts/ledger.py"
