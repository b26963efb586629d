rule fom:
    input:
        scores=f"results/{STUDY}/predict/{CLASSIFIER_RUN}/scores.parquet",
    output:
        curves=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/curves.parquet",
        best=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/best.csv",
        yields=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/yields.csv",
        heavy=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/heavy.csv",
        groups=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/groups.csv",
        png=report(
            f"results/{STUDY}/fom/{CLASSIFIER_RUN}/fom.png",
            caption="../report/fom.rst",
            category="Figure of merit",
            labels={
                "run": CLASSIFIER_RUN,
                "figure": "figure of merit against the cut",
            },
        ),
        pdf=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/fom.pdf",
        binned=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/binned.csv",
        bins=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/bins.csv",
        bin_yields=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/bin_yields.csv",
        binned_png=report(
            f"results/{STUDY}/fom/{CLASSIFIER_RUN}/binned.png",
            caption="../report/binned.rst",
            category="Figure of merit",
            labels={"run": CLASSIFIER_RUN, "figure": "the score in bins"},
        ),
        binned_pdf=f"results/{STUDY}/fom/{CLASSIFIER_RUN}/binned.pdf",
    log:
        f"logs/{STUDY}/fom/{CLASSIFIER_RUN}/fom.log",
    benchmark:
        f"benchmarks/{STUDY}/fom/{CLASSIFIER_RUN}/fom.tsv"
    conda:
        "../../envs/fom.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        fom=STUDY_CONFIG["fom"],
        yields=yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        title=plain(TITLES["fom"]),
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("fom"),
    script:
        "../scripts/fom.py"
