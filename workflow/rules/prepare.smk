rule normalise:
    input:
        events=sources("events.parquet"),
        samples="results/{study}/split/samples.parquet",
    output:
        transform="results/{study}/prepare/{preparation}/fold-{fold}/normalisation.json",
        train="results/{study}/prepare/{preparation}/fold-{fold}/features.train.npy",
        validation="results/{study}/prepare/{preparation}/fold-{fold}/features.validation.npy",
        test="results/{study}/prepare/{preparation}/fold-{fold}/features.test.npy",
    log:
        "logs/{study}/prepare/{preparation}/fold-{fold}/normalise.log",
    benchmark:
        "benchmarks/{study}/prepare/{preparation}/fold-{fold}/normalise.tsv"
    conda:
        "../../envs/normalise.yaml"
    resources:
        **needs(2),
    params:
        normalise=preparing("normalise"),
        features=plain(FEATURES),
        code=code("normalise", chosen=steps),
    script:
        "../scripts/normalise.py"


rule balance:
    input:
        events=sources("events.parquet"),
        samples="results/{study}/split/samples.parquet",
    output:
        classes_train="results/{study}/prepare/{preparation}/fold-{fold}/classes.train.npy",
        classes_validation="results/{study}/prepare/{preparation}/fold-{fold}/classes.validation.npy",
        weights_train="results/{study}/prepare/{preparation}/fold-{fold}/weights.train.npy",
        weights_validation="results/{study}/prepare/{preparation}/fold-{fold}/weights.validation.npy",
        table="results/{study}/prepare/{preparation}/fold-{fold}/balance.csv",
    log:
        "logs/{study}/prepare/{preparation}/fold-{fold}/balance.log",
    conda:
        "../../envs/balance.yaml"
    resources:
        **needs(1),
    params:
        balance=preparing("balance"),
        classes=EVENT_CLASSES,
        signal=SIGNAL,
        code=code("balance"),
    script:
        "../scripts/balance.py"
