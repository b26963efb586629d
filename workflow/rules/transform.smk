TRANSFORMED = "transform/{transform}/fold-{fold}"


# of scan points that have a bottleneck; those that agree in all that comes before share it
rule train_transform:
    input:
        features_train=untransformed("features.train.npy"),
        features_validation=untransformed("features.validation.npy"),
        weights_train=untransformed("weights.train.npy"),
        weights_validation=untransformed("weights.validation.npy"),
    output:
        history=f"results/{STUDY}/{TRANSFORMED}/history.parquet",
        timing=f"results/{STUDY}/{TRANSFORMED}/timing.parquet",
        best=f"results/{STUDY}/{TRANSFORMED}/best.weights.h5",
        last=f"results/{STUDY}/{TRANSFORMED}/last.weights.h5",
    log:
        f"logs/{STUDY}/{TRANSFORMED}/train_transform.log",
    benchmark:
        f"benchmarks/{STUDY}/{TRANSFORMED}/train_transform.tsv"
    conda:
        "../../envs/train_transform.yaml"
    threads: transform_threads
    resources:
        **asks(transform_memory, HARDWARE.runtime),
        gpu=HARDWARE.gpu,
        require_gpu=0,
        save_every=HARDWARE.save_every,
        tensorboard=int(HARDWARE.tensorboard),
    params:
        transform=transforming,
        seed=transform_seed,
        code=code("train_transform"),
    script:
        "../scripts/train_transform.py"


rule encode:
    input:
        history=f"results/{STUDY}/{TRANSFORMED}/history.parquet",
        best=f"results/{STUDY}/{TRANSFORMED}/best.weights.h5",
        transform=untransformed("normalisation.json"),
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
        features_train=untransformed("features.train.npy"),
        features_validation=untransformed("features.validation.npy"),
        features_test=untransformed("features.test.npy"),
        weights_train=untransformed("weights.train.npy"),
        weights_validation=untransformed("weights.validation.npy"),
    output:
        model=f"results/{STUDY}/{TRANSFORMED}/autoencoder.keras",
        passport=f"results/{STUDY}/{TRANSFORMED}/passport.json",
        errors=f"results/{STUDY}/{TRANSFORMED}/errors.csv",
        codes_train=f"results/{STUDY}/{TRANSFORMED}/codes.train.npy",
        codes_validation=f"results/{STUDY}/{TRANSFORMED}/codes.validation.npy",
        codes_test=f"results/{STUDY}/{TRANSFORMED}/codes.test.npy",
        anomaly_train=f"results/{STUDY}/{TRANSFORMED}/anomaly.train.npy",
        anomaly_validation=f"results/{STUDY}/{TRANSFORMED}/anomaly.validation.npy",
        anomaly_test=f"results/{STUDY}/{TRANSFORMED}/anomaly.test.npy",
    log:
        f"logs/{STUDY}/{TRANSFORMED}/encode.log",
    benchmark:
        f"benchmarks/{STUDY}/{TRANSFORMED}/encode.tsv"
    conda:
        "../../envs/encode.yaml"
    threads: transform_threads
    resources:
        **needs(2, base=2000, minutes=3),
    params:
        transform=transforming,
        seed=transform_seed,
        seeds=lambda wildcards: {
            "config": STUDY_CONFIG["seed"],
            "transform": transform_seed(wildcards),
        },
        features=UNITS,
        reading=plain(reading_settings(STUDY_CONFIG)),
        classes=EVENT_CLASSES,
        code=code("encode"),
    script:
        "../scripts/encode.py"


rule reconstruction:
    input:
        errors=f"results/{STUDY}/{TRANSFORMED}/errors.csv",
        anomaly=f"results/{STUDY}/{TRANSFORMED}/anomaly.test.npy",
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        histograms=f"results/{STUDY}/{TRANSFORMED}/anomaly.parquet",
        png=report(
            f"results/{STUDY}/{TRANSFORMED}/reconstruction.png",
            caption="../report/reconstruction.rst",
            category="Transform",
            labels={"run": TRANSFORMED, "figure": "errors of the copies"},
        ),
        pdf=f"results/{STUDY}/{TRANSFORMED}/reconstruction.pdf",
    log:
        f"logs/{STUDY}/{TRANSFORMED}/reconstruction.log",
    conda:
        "../../envs/reconstruction.yaml"
    resources:
        **needs(1),
    params:
        classes=EVENT_CLASSES,
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("reconstruction"),
    script:
        "../scripts/reconstruction.py"
