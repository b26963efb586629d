from types import SimpleNamespace

# the run whose preparation, network and seed the range test takes
FIRST = SimpleNamespace(**RUNS[0])


rule range_test:
    input:
        **pixel_weights(lambda path: path(FIRST)),
        features=trained_on("train")(FIRST),
        classes=labels("train")(FIRST),
        weights=prepared("weights.train.npy")(FIRST),
    output:
        curves=f"results/{STUDY}/range_test/curves.parquet",
        suggestions=report(
            f"results/{STUDY}/range_test/suggestions.csv",
            caption="../report/range_test.rst",
            category="Range test",
            labels={"figure": "learning rates suggested"},
        ),
        png=report(
            f"results/{STUDY}/range_test/range_test.png",
            caption="../report/range_test.rst",
            category="Range test",
            labels={"figure": "loss against learning rate"},
        ),
        pdf=f"results/{STUDY}/range_test/range_test.pdf",
    log:
        f"logs/{STUDY}/range_test/range_test.log",
    benchmark:
        f"benchmarks/{STUDY}/range_test/range_test.tsv"
    conda:
        "../../envs/range_test.yaml"
    threads: training_threads(FIRST)
    resources:
        **asks(
            lambda _: 2000 + TABLE_SIZE + PICTURE_SIZE,
            HARDWARE.runtime,
        ),
        gpu=HARDWARE.gpu,
        require_gpu=0,
    params:
        model=model(FIRST),
        training=section("training")(FIRST),
        range_test=STUDY_CONFIG["range_test"],
        class_count=len(NETWORK_CLASSES),
        positive=POSITIVE,
        seed=run_seed(FIRST),
        title="",
        label=plain(PLOT_LABEL),
        code=code("range_test", chosen=family)(FIRST),
    script:
        "../scripts/range_test.py"
