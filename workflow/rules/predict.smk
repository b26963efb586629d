rule predict:
    input:
        model=f"results/{{study}}/checkpoint_model/{RUN}/model.keras",
        network=f"results/{{study}}/checkpoint_model/{RUN}/network.onnx",
        passport=f"results/{{study}}/checkpoint_model/{RUN}/passport.json",
        transform=prepared("normalisation.json"),
        events=sources("events.parquet"),
        samples="results/{study}/split/samples.parquet",
        features_train=prepared("features.train.npy"),
        features_validation=prepared("features.validation.npy"),
        features_test=prepared("features.test.npy"),
    output:
        scores=f"results/{{study}}/predict/{RUN}/scores.parquet",
    log:
        f"logs/{{study}}/predict/{RUN}/predict.log",
    benchmark:
        f"benchmarks/{{study}}/predict/{RUN}/predict.tsv"
    conda:
        "../../envs/predict.yaml"
    threads: training_threads
    resources:
        **needs(2, base=2000, minutes=3),
    params:
        features=UNITS,
        classes=CLASSES,
        reading=plain(reading_settings(STUDY_CONFIG)),
        spectators=plain(STUDY_CONFIG["columns"]["spectators"]),
        threads=training_threads,
        code=code("predict", chosen=family),
    script:
        "../scripts/predict.py"
