rule rasterise:
    input:
        events="results/{study}/ingest/{source}/events.parquet",
    output:
        pictures="results/{study}/rasterise/{drawing}/{source}/pictures.parquet",
        counts="results/{study}/rasterise/{drawing}/{source}/counts.json",
    log:
        "logs/{study}/rasterise/{drawing}/{source}/rasterise.log",
    benchmark:
        "benchmarks/{study}/rasterise/{drawing}/{source}/rasterise.tsv"
    conda:
        "../../envs/rasterise.yaml"
    # the number of threads does not change the pictures
    threads: 2
    resources:
        **needs(0),
    params:
        images=drawing,
        code=code("rasterise", chosen=picture),
    script:
        "../scripts/rasterise.py"


rule pictures:
    input:
        pictures=drawn,
        samples="results/{study}/split/samples.parquet",
    output:
        transform="results/{study}/prepare/{preparation}/fold-{fold}/pictures.json",
        train="results/{study}/prepare/{preparation}/fold-{fold}/pictures.train.npy",
        validation="results/{study}/prepare/{preparation}/fold-{fold}/pictures.validation.npy",
        test="results/{study}/prepare/{preparation}/fold-{fold}/pictures.test.npy",
    log:
        "logs/{study}/prepare/{preparation}/fold-{fold}/pictures.log",
    benchmark:
        "benchmarks/{study}/prepare/{preparation}/fold-{fold}/pictures.tsv"
    conda:
        "../../envs/pictures.yaml"
    resources:
        **needs(2),
    params:
        images=preparing("images"),
        code=code("pictures", chosen=picture),
    script:
        "../scripts/pictures.py"


rule pixel_classes:
    input:
        pictures=drawn,
        samples="results/{study}/split/samples.parquet",
    output:
        train="results/{study}/prepare/{preparation}/fold-{fold}/pixels.train.npy",
        validation="results/{study}/prepare/{preparation}/fold-{fold}/pixels.validation.npy",
        weights="results/{study}/prepare/{preparation}/fold-{fold}/pixel_weights.npy",
    log:
        "logs/{study}/prepare/{preparation}/fold-{fold}/pixel_classes.log",
    conda:
        "../../envs/pixel_classes.yaml"
    resources:
        **needs(2),
    params:
        images=preparing("images"),
        pixels=lambda wildcards: preparing("balance")(wildcards)["pixels"],
        code=code("pixel_classes", chosen=picture),
    script:
        "../scripts/pixel_classes.py"
