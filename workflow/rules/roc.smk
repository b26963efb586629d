rule roc:
    input:
        scores=f"results/{{study}}/predict/{RUN}/scores.parquet",
    output:
        curves=f"results/{{study}}/roc/{RUN}/curves.parquet",
        summary=report(
            f"results/{{study}}/roc/{RUN}/summary.csv",
            caption="../report/roc.rst",
            category="ROC",
            labels={"run": RUN, "figure": "areas and background rejections"},
        ),
        png=report(
            f"results/{{study}}/roc/{RUN}/roc.png",
            caption="../report/roc.rst",
            category="ROC",
            labels={"run": RUN, "figure": "ROC curves"},
        ),
        pdf=f"results/{{study}}/roc/{RUN}/roc.pdf",
    log:
        f"logs/{{study}}/roc/{RUN}/roc.log",
    benchmark:
        f"benchmarks/{{study}}/roc/{RUN}/roc.tsv"
    conda:
        "../../envs/roc.yaml"
    resources:
        mem_mb=memory(2),
        htcondor_request_mem_mb=memory(2),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        title=TITLES["roc"],
        label=LABEL,
        code=code("roc"),
    script:
        "../scripts/roc.py"
