rule rasterise:
    input:
        events=f"results/{STUDY}/ingest/{{source}}/events.parquet",
    output:
        pictures=f"results/{STUDY}/rasterise/{{drawing}}/{{source}}/pictures.parquet",
        counts=f"results/{STUDY}/rasterise/{{drawing}}/{{source}}/counts.json",
    log:
        f"logs/{STUDY}/rasterise/{{drawing}}/{{source}}/rasterise.log",
    benchmark:
        f"benchmarks/{STUDY}/rasterise/{{drawing}}/{{source}}/rasterise.tsv"
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
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        transform=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.json",
        train=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.train.npy",
        validation=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.validation.npy",
        test=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.test.npy",
    log:
        f"logs/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.log",
    benchmark:
        f"benchmarks/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pictures.tsv"
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
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        train=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pixels.train.npy",
        validation=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pixels.validation.npy",
        weights=f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pixel_weights.npy",
    log:
        f"logs/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/pixel_classes.log",
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
