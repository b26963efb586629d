rule ensemble:
    input:
        scores=expand(
            "results/{{study}}/predict/{{point}}/replica-{replica}/fold-{{fold}}/scores.parquet",
            replica=REPLICAS,
        ),
    output:
        scores="results/{study}/predict/{point}/ensemble/fold-{fold}/scores.parquet",
    log:
        "logs/{study}/predict/{point}/ensemble/fold-{fold}/ensemble.log",
    conda:
        "../../envs/ensemble.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        code=code("ensemble"),
    script:
        "../scripts/ensemble.py"


# with folds: every event's score by the network that never saw it
rule cross:
    input:
        scores=[
            f"results/{{study}}/predict/{{classifier}}/fold-{fold}/scores.parquet"
            for fold in FOLDS
        ],
    output:
        scores="results/{study}/cross/{classifier}/scores.parquet",
    log:
        "logs/{study}/cross/{classifier}/cross.log",
    conda:
        "../../envs/cross.yaml"
    resources:
        **needs(3),
    params:
        code=code("cross"),
    script:
        "../scripts/cross.py"


# with folds: test yields at each fold's own cut, summed
rule cross_yields:
    input:
        yields=[
            f"results/{{study}}/fom/{{classifier}}/fold-{fold}/yields.csv"
            for fold in FOLDS
        ],
    output:
        yields="results/{study}/cross/{classifier}/yields.csv",
    log:
        "logs/{study}/cross/{classifier}/cross_yields.log",
    localrule: True
    conda:
        "../../envs/cross_yields.yaml"
    params:
        code=code("cross_yields"),
    script:
        "../scripts/cross_yields.py"
