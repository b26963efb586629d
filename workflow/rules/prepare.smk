rule normalise:
    input:
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        transform=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/normalisation.json",
        train=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/features.train.npy",
        validation=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/features.validation.npy",
        test=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/features.test.npy",
    log:
        f"logs/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/normalise.log",
    benchmark:
        f"benchmarks/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/normalise.tsv"
    conda:
        "../../envs/normalise.yaml"
    resources:
        **needs(0),
    params:
        **parametrised(),
        normalise=preparing("normalise"),
        features=plain(NETWORK_FEATURES),
        code=code("normalise", chosen=steps),
    script:
        "../scripts/normalise.py"


rule balance:
    input:
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        classes_train=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/classes.train.npy",
        classes_validation=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/classes.validation.npy",
        weights_train=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/weights.train.npy",
        weights_validation=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/weights.validation.npy",
        table=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/balance.csv",
    log:
        f"logs/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/balance.log",
    conda:
        "../../envs/balance.yaml"
    resources:
        **needs(0),
    params:
        **parametrised(),
        balance=preparing("balance"),
        classes=EVENT_CLASSES,
        signal=SIGNAL,
        code=code("balance"),
    script:
        "../scripts/balance.py"
