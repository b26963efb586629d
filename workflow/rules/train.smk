rule train:
    input:
        **pixel_weights(),
        features_train=trained_on("train"),
        features_validation=trained_on("validation"),
        classes_train=labels("train"),
        classes_validation=labels("validation"),
        weights_train=prepared("weights.train.npy"),
        weights_validation=prepared("weights.validation.npy"),
        events=decorrelated(sources("events.parquet")),
        samples=decorrelated(f"results/{STUDY}/split/samples.parquet"),
    output:
        history=f"results/{STUDY}/train/{RUN}/history.parquet",
        timing=f"results/{STUDY}/train/{RUN}/timing.parquet",
        best=f"results/{STUDY}/train/{RUN}/best.weights.h5",
        last=f"results/{STUDY}/train/{RUN}/last.weights.h5",
    log:
        f"logs/{STUDY}/train/{RUN}/train.log",
    benchmark:
        f"benchmarks/{STUDY}/train/{RUN}/train.tsv"
    conda:
        "../../envs/train.yaml"
    threads: training_threads
    resources:
        **asks(training_memory, HARDWARE.runtime),
        gpu=HARDWARE.gpu,
        require_gpu=0,
        save_every=HARDWARE.save_every,
        tensorboard=int(HARDWARE.tensorboard),
    params:
        model=model,
        training=section("training"),
        class_count=len(NETWORK_CLASSES),
        positive=POSITIVE,
        seed=run_seed,
        code=code("train", chosen=family),
    script:
        "../scripts/train.py"


rule checkpoint_model:
    input:
        **pixel_weights(),
        history=f"results/{STUDY}/train/{RUN}/history.parquet",
        best=f"results/{STUDY}/train/{RUN}/best.weights.h5",
        transform=transformed(),
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
        features=trained_on("validation"),
        classes=labels("validation"),
        weights=prepared("weights.validation.npy"),
        features_train=trained_on("train"),
        classes_train=labels("train"),
        weights_train=prepared("weights.train.npy"),
        normalised=seen("validation"),
        encoder=encoded("autoencoder.keras"),
        encoder_passport=encoded("passport.json"),
    output:
        model=f"results/{STUDY}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{STUDY}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
    log:
        f"logs/{STUDY}/checkpoint_model/{RUN}/checkpoint_model.log",
    benchmark:
        f"benchmarks/{STUDY}/checkpoint_model/{RUN}/checkpoint_model.tsv"
    conda:
        "../../envs/checkpoint_model.yaml"
    resources:
        **needs(1, base=2000 + PICTURE_SIZE, minutes=3),
    params:
        model=model,
        training=section("training"),
        balance=section("balance"),
        features=UNITS,
        reading=reading,
        classes=NETWORK_CLASSES,
        positive=POSITIVE,
        config_seed=STUDY_CONFIG["seed"],
        run_seed=run_seed,
        code=code("checkpoint_model", chosen=family),
    script:
        "../scripts/checkpoint_model.py"
