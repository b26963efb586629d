rule roc:
    input:
        scores=f"results/{STUDY}/predict/{CLASSIFIER_RUN}/scores.parquet",
    output:
        curves=f"results/{STUDY}/roc/{CLASSIFIER_RUN}/curves.parquet",
        summary=report(
            f"results/{STUDY}/roc/{CLASSIFIER_RUN}/summary.csv",
            caption="../report/roc.rst",
            category="ROC",
            labels={
                "run": CLASSIFIER_RUN,
                "figure": "areas and background rejections",
            },
        ),
        png=report(
            f"results/{STUDY}/roc/{CLASSIFIER_RUN}/roc.png",
            caption="../report/roc.rst",
            category="ROC",
            labels={"run": CLASSIFIER_RUN, "figure": "ROC curves"},
        ),
        pdf=f"results/{STUDY}/roc/{CLASSIFIER_RUN}/roc.pdf",
    log:
        f"logs/{STUDY}/roc/{CLASSIFIER_RUN}/roc.log",
    benchmark:
        f"benchmarks/{STUDY}/roc/{CLASSIFIER_RUN}/roc.tsv"
    conda:
        "../../envs/roc.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        title=plain(TITLES["roc"]),
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("roc"),
    script:
        "../scripts/roc.py"
