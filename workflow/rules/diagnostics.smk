rule diagnostics:
    input:
        scores=f"results/{{study}}/predict/{RUN}/scores.parquet",
        history=f"results/{{study}}/train/{RUN}/history.parquet",
    output:
        histograms=f"results/{{study}}/diagnostics/{RUN}/scores.parquet",
        overtraining=f"results/{{study}}/diagnostics/{RUN}/overtraining.csv",
        confusion=f"results/{{study}}/diagnostics/{RUN}/confusion.csv",
        history=f"results/{{study}}/diagnostics/{RUN}/history.csv",
        scores_png=report(
            f"results/{{study}}/diagnostics/{RUN}/scores.png",
            caption="../report/scores.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "score distributions"},
        ),
        scores_pdf=f"results/{{study}}/diagnostics/{RUN}/scores.pdf",
        confusion_png=report(
            f"results/{{study}}/diagnostics/{RUN}/confusion.png",
            caption="../report/confusion.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "confusion matrix"},
        ),
        confusion_pdf=f"results/{{study}}/diagnostics/{RUN}/confusion.pdf",
        history_png=report(
            f"results/{{study}}/diagnostics/{RUN}/history.png",
            caption="../report/history.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "loss and accuracy"},
        ),
        history_pdf=f"results/{{study}}/diagnostics/{RUN}/history.pdf",
    log:
        f"logs/{{study}}/diagnostics/{RUN}/diagnostics.log",
    benchmark:
        f"benchmarks/{{study}}/diagnostics/{RUN}/diagnostics.tsv"
    conda:
        "../../envs/diagnostics.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        positive=POSITIVE,
        seed=run_seed,
        titles={name: TITLES[name] for name in ("history", "scores", "confusion")},
        label=plain(PLOT_LABEL),
        code=code("diagnostics"),
    script:
        "../scripts/diagnostics.py"


rule inputs:
    input:
        events=sources("events.parquet"),
    output:
        histograms="results/{study}/inputs/histograms.parquet",
        correlations="results/{study}/inputs/correlations.parquet",
        inputs_png=report(
            "results/{study}/inputs/inputs.png",
            caption="../report/inputs.rst",
            category="Inputs",
            labels={"figure": "input variables by class"},
        ),
        inputs_pdf="results/{study}/inputs/inputs.pdf",
        correlations_png=report(
            "results/{study}/inputs/correlations.png",
            caption="../report/correlations.rst",
            category="Inputs",
            labels={"figure": "correlations by class"},
        ),
        correlations_pdf="results/{study}/inputs/correlations.pdf",
    log:
        "logs/{study}/inputs/inputs.log",
    benchmark:
        "benchmarks/{study}/inputs/inputs.tsv"
    conda:
        "../../envs/inputs.yaml"
    resources:
        **needs(3),
    params:
        features=plain(FEATURES),
        labels=FEATURE_LABELS,
        classes=EVENT_CLASSES,
        titles={name: TITLES[name] for name in ("inputs", "correlations")},
        label=plain(PLOT_LABEL),
        code=code("inputs"),
    script:
        "../scripts/inputs.py"
