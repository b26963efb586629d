# of studies with more than two classes alone, of which one score says the other
NODES = {}
if len(CLASSES) > 2:
    NODES = {
        "nodes_png": report(
            f"results/{STUDY}/diagnostics/{RUN}/nodes.png",
            caption="../report/nodes.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "every class's score"},
        ),
        "nodes_pdf": f"results/{STUDY}/diagnostics/{RUN}/nodes.pdf",
    }


rule diagnostics:
    input:
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
        history=f"results/{STUDY}/train/{RUN}/history.parquet",
    output:
        **NODES,
        histograms=f"results/{STUDY}/diagnostics/{RUN}/scores.parquet",
        overtraining=f"results/{STUDY}/diagnostics/{RUN}/overtraining.csv",
        confusion=f"results/{STUDY}/diagnostics/{RUN}/confusion.csv",
        history=f"results/{STUDY}/diagnostics/{RUN}/history.csv",
        scores_png=report(
            f"results/{STUDY}/diagnostics/{RUN}/scores.png",
            caption="../report/scores.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "score distributions"},
        ),
        scores_pdf=f"results/{STUDY}/diagnostics/{RUN}/scores.pdf",
        confusion_png=report(
            f"results/{STUDY}/diagnostics/{RUN}/confusion.png",
            caption="../report/confusion.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "confusion matrix"},
        ),
        confusion_pdf=f"results/{STUDY}/diagnostics/{RUN}/confusion.pdf",
        history_png=report(
            f"results/{STUDY}/diagnostics/{RUN}/history.png",
            caption="../report/history.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "loss and accuracy"},
        ),
        history_pdf=f"results/{STUDY}/diagnostics/{RUN}/history.pdf",
    log:
        f"logs/{STUDY}/diagnostics/{RUN}/diagnostics.log",
    benchmark:
        f"benchmarks/{STUDY}/diagnostics/{RUN}/diagnostics.tsv"
    conda:
        "../../envs/diagnostics.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        classes=CLASSES,
        signal=SIGNAL,
        positive=POSITIVE,
        seed=run_seed,
        axis=plain(AXES.get("score", {})),
        titles={name: TITLES[name] for name in ("history", "scores", "confusion")},
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("diagnostics"),
    script:
        "../scripts/diagnostics.py"


rule inputs:
    input:
        events=sources("events.parquet"),
    output:
        histograms=f"results/{STUDY}/inputs/histograms.parquet",
        correlations=f"results/{STUDY}/inputs/correlations.parquet",
        inputs_png=report(
            f"results/{STUDY}/inputs/inputs.png",
            caption="../report/inputs.rst",
            category="Inputs",
            labels={"figure": "input variables by class"},
        ),
        inputs_pdf=f"results/{STUDY}/inputs/inputs.pdf",
        correlations_png=report(
            f"results/{STUDY}/inputs/correlations.png",
            caption="../report/correlations.rst",
            category="Inputs",
            labels={"figure": "correlations by class"},
        ),
        correlations_pdf=f"results/{STUDY}/inputs/correlations.pdf",
    log:
        f"logs/{STUDY}/inputs/inputs.log",
    benchmark:
        f"benchmarks/{STUDY}/inputs/inputs.tsv"
    conda:
        "../../envs/inputs.yaml"
    resources:
        **needs(0),
    params:
        features=plain(FEATURES),
        labels=FEATURE_LABELS,
        classes=EVENT_CLASSES,
        axes=plain(AXES),
        titles={name: TITLES[name] for name in ("inputs", "correlations")},
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("inputs"),
    script:
        "../scripts/inputs.py"
