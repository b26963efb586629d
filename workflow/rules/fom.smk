rule fom:
    input:
        scores=f"results/{{study}}/predict/{SCORED_RUN}/scores.parquet",
    output:
        curves=f"results/{{study}}/fom/{SCORED_RUN}/curves.parquet",
        best=f"results/{{study}}/fom/{SCORED_RUN}/best.csv",
        yields=f"results/{{study}}/fom/{SCORED_RUN}/yields.csv",
        heavy=f"results/{{study}}/fom/{SCORED_RUN}/heavy.csv",
        groups=f"results/{{study}}/fom/{SCORED_RUN}/groups.csv",
        png=report(
            f"results/{{study}}/fom/{SCORED_RUN}/fom.png",
            caption="../report/fom.rst",
            category="Figure of merit",
            labels={"run": SCORED_RUN, "figure": "figure of merit against the cut"},
        ),
        pdf=f"results/{{study}}/fom/{SCORED_RUN}/fom.pdf",
        binned=f"results/{{study}}/fom/{SCORED_RUN}/binned.csv",
        bins=f"results/{{study}}/fom/{SCORED_RUN}/bins.csv",
        bin_yields=f"results/{{study}}/fom/{SCORED_RUN}/bin_yields.csv",
        binned_png=report(
            f"results/{{study}}/fom/{SCORED_RUN}/binned.png",
            caption="../report/binned.rst",
            category="Figure of merit",
            labels={"run": SCORED_RUN, "figure": "the score in bins"},
        ),
        binned_pdf=f"results/{{study}}/fom/{SCORED_RUN}/binned.pdf",
    log:
        f"logs/{{study}}/fom/{SCORED_RUN}/fom.log",
    benchmark:
        f"benchmarks/{{study}}/fom/{SCORED_RUN}/fom.tsv"
    conda:
        "../../envs/fom.yaml"
    resources:
        **needs(2, minutes=3),
    params:
        fom=STUDY_CONFIG["fom"],
        yields=yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        title=plain(TITLES["fom"]),
        label=plain(LABEL),
        code=code("fom"),
    script:
        "../scripts/fom.py"
