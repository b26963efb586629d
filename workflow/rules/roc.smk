rule roc:
    input:
        scores=f"results/{{study}}/predict/{SCORED_RUN}/scores.parquet",
    output:
        curves=f"results/{{study}}/roc/{SCORED_RUN}/curves.parquet",
        summary=report(
            f"results/{{study}}/roc/{SCORED_RUN}/summary.csv",
            caption="../report/roc.rst",
            category="ROC",
            labels={"run": SCORED_RUN, "figure": "areas and background rejections"},
        ),
        png=report(
            f"results/{{study}}/roc/{SCORED_RUN}/roc.png",
            caption="../report/roc.rst",
            category="ROC",
            labels={"run": SCORED_RUN, "figure": "ROC curves"},
        ),
        pdf=f"results/{{study}}/roc/{SCORED_RUN}/roc.pdf",
    log:
        f"logs/{{study}}/roc/{SCORED_RUN}/roc.log",
    benchmark:
        f"benchmarks/{{study}}/roc/{SCORED_RUN}/roc.tsv"
    conda:
        "../../envs/roc.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        title=plain(TITLES["roc"]),
        label=plain(LABEL),
        code=code("roc"),
    script:
        "../scripts/roc.py"
