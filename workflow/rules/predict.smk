rule predict:
    input:
        model=f"results/{STUDY}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{STUDY}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
        transform=transformed(),
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
        features_train=seen("train"),
        features_validation=seen("validation"),
        features_test=seen("test"),
        anomaly_train=anomaly("train"),
        anomaly_validation=anomaly("validation"),
        anomaly_test=anomaly("test"),
    output:
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
    log:
        f"logs/{STUDY}/predict/{RUN}/predict.log",
    benchmark:
        f"benchmarks/{STUDY}/predict/{RUN}/predict.tsv"
    wildcard_constraints:
        point=pattern([] if PIXEL_CLASSES else NAMES),
    conda:
        "../../envs/predict.yaml"
    threads: training_threads
    resources:
        **needs(0, base=2000, minutes=3),
    params:
        features=UNITS,
        classes=NETWORK_CLASSES,
        reading=reading,
        spectators=plain(STUDY_CONFIG["columns"]["spectators"]),
        threads=training_threads,
        code=code("predict", chosen=family),
    script:
        "../scripts/predict.py"


# in the place of predict where networks give the classes of pixels, and hits have scores
rule predict_hits:
    input:
        model=f"results/{STUDY}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{STUDY}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{STUDY}/checkpoint_model/{RUN}/passport.json",
        transform=transformed(),
        events=sources("events.parquet"),
        pictures=drawn_of,
        samples=f"results/{STUDY}/split/samples.parquet",
        features_train=seen("train"),
        features_validation=seen("validation"),
        features_test=seen("test"),
    output:
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
        hits=f"results/{STUDY}/predict/{RUN}/hits.parquet",
    log:
        f"logs/{STUDY}/predict/{RUN}/predict_hits.log",
    benchmark:
        f"benchmarks/{STUDY}/predict/{RUN}/predict_hits.tsv"
    wildcard_constraints:
        point=pattern(NAMES if PIXEL_CLASSES else []),
    conda:
        "../../envs/predict_hits.yaml"
    threads: training_threads
    resources:
        **needs(2, base=2000, minutes=3),
    params:
        features=UNITS,
        classes=NETWORK_CLASSES,
        reading=reading,
        spectators=plain(STUDY_CONFIG["columns"]["spectators"]),
        threads=training_threads,
        code=code("predict_hits", chosen=family_and_picture),
    script:
        "../scripts/predict_hits.py"
