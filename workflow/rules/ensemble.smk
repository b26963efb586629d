rule ensemble:
    input:
        scores=expand(
            f"results/{STUDY}/predict/{{{{point}}}}/replica-{{replica}}/fold-{{{{fold}}}}/scores.parquet",
            replica=REPLICAS,
        ),
    output:
        scores=f"results/{STUDY}/predict/{{point}}/ensemble/fold-{{fold}}/scores.parquet",
    log:
        f"logs/{STUDY}/predict/{{point}}/ensemble/fold-{{fold}}/ensemble.log",
    conda:
        "../../envs/ensemble.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        code=code("ensemble"),
    script:
        "../scripts/ensemble.py"
