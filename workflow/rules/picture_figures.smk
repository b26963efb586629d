# those of the first network that has any
FILTERS = [
    f"results/{STUDY}/filters/{RUN.format(**run)}/filters.png"
    for run in RUNS
    if run["point"] in POINTS
    and POINTS[run["point"]].config["model"]["family"] == "convolutional"
][:1]


rule average_pictures:
    input:
        events=sources("events.parquet"),
    output:
        table=f"results/{STUDY}/pictures/averages.parquet",
        png=report(
            f"results/{STUDY}/pictures/averages.png",
            caption="../report/averages.rst",
            category="Inputs",
            labels={"figure": "average pictures by class"},
        ),
        pdf=f"results/{STUDY}/pictures/averages.pdf",
    log:
        f"logs/{STUDY}/pictures/average_pictures.log",
    conda:
        "../../envs/average_pictures.yaml"
    resources:
        **needs(0),
    params:
        images=plain(STUDY_CONFIG.get("images")),
        steps=ALL_STEPS,
        classes=EVENT_CLASSES,
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("average_pictures", chosen=picture),
    script:
        "../scripts/average_pictures.py"


rule filters:
    input:
        weights=f"results/{STUDY}/train/{RUN}/best.weights.h5",
    output:
        png=report(
            f"results/{STUDY}/filters/{RUN}/filters.png",
            caption="../report/filters.rst",
            category="Diagnostics",
            labels={"run": RUN, "figure": "filters of the first convolution"},
        ),
        pdf=f"results/{STUDY}/filters/{RUN}/filters.pdf",
    log:
        f"logs/{STUDY}/filters/{RUN}/filters.log",
    localrule: True
    conda:
        "../../envs/filters.yaml"
    params:
        label=plain(PLOT_LABEL),
        code=code("filters"),
    script:
        "../scripts/filters.py"


rule hits:
    input:
        events=sources("events.parquet"),
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
        hits=f"results/{STUDY}/predict/{RUN}/hits.parquet",
    output:
        accuracies=report(
            f"results/{STUDY}/hits/{RUN}/accuracies.csv",
            caption="../report/hits.rst",
            category="Hits",
            labels={"run": RUN, "figure": "accuracies"},
        ),
        by_hits=f"results/{STUDY}/hits/{RUN}/by_hits.csv",
        png=report(
            f"results/{STUDY}/hits/{RUN}/accuracies.png",
            caption="../report/hits.rst",
            category="Hits",
            labels={"run": RUN, "figure": "share of hits with their class"},
        ),
        pdf=f"results/{STUDY}/hits/{RUN}/accuracies.pdf",
        displays_png=report(
            f"results/{STUDY}/hits/{RUN}/displays.png",
            caption="../report/displays.rst",
            category="Hits",
            labels={"run": RUN, "figure": "best, median and worst event"},
        ),
        displays_pdf=f"results/{STUDY}/hits/{RUN}/displays.pdf",
    log:
        f"logs/{STUDY}/hits/{RUN}/hits.log",
    conda:
        "../../envs/hits.yaml"
    resources:
        **needs(3),
    params:
        images=section("images"),
        classes=CLASSES,
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("hits", chosen=picture),
    script:
        "../scripts/hits.py"
