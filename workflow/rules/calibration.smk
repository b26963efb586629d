# of studies that know the true probabilities alone
TRUTH = {}
if CALIBRATION and CALIBRATION.truth:
    TRUTH = {
        "truth": f"results/{STUDY}/calibration/{RUN}/truth.csv",
        "truth_png": report(
            f"results/{STUDY}/calibration/{RUN}/truth.png",
            caption="../report/truth.rst",
            category="Calibration",
            labels={"run": RUN, "figure": "fitted against true probabilities"},
        ),
        "truth_pdf": f"results/{STUDY}/calibration/{RUN}/truth.pdf",
    }


rule calibration:
    input:
        scores=f"results/{STUDY}/predict/{RUN}/scores.parquet",
        events=sources("events.parquet"),
    output:
        **TRUTH,
        sums=f"results/{STUDY}/calibration/{RUN}/sums.csv",
        distributions=f"results/{STUDY}/calibration/{RUN}/distributions.csv",
        efficiencies=f"results/{STUDY}/calibration/{RUN}/efficiencies.csv",
        reliability=f"results/{STUDY}/calibration/{RUN}/reliability.csv",
        summary=f"results/{STUDY}/calibration/{RUN}/summary.csv",
        drawn=f"results/{STUDY}/calibration/{RUN}/drawn.parquet",
        sums_png=report(
            f"results/{STUDY}/calibration/{RUN}/sums.png",
            caption="../report/class_sums.rst",
            category="Calibration",
            labels={"run": RUN, "figure": "sums of probabilities and counts"},
        ),
        sums_pdf=f"results/{STUDY}/calibration/{RUN}/sums.pdf",
        class_png=[
            report(
                f"results/{STUDY}/calibration/{RUN}/distributions-{name}.png",
                caption="../report/distributions.rst",
                category="Calibration",
                labels={"run": RUN, "figure": f"distributions of {name}"},
            )
            for name in CLASSES
        ],
        class_pdf=[
            f"results/{STUDY}/calibration/{RUN}/distributions-{name}.pdf"
            for name in CLASSES
        ],
        efficiencies_png=report(
            f"results/{STUDY}/calibration/{RUN}/efficiencies.png",
            caption="../report/efficiencies.rst",
            category="Calibration",
            labels={"run": RUN, "figure": "efficiencies"},
        ),
        efficiencies_pdf=f"results/{STUDY}/calibration/{RUN}/efficiencies.pdf",
        reliability_png=report(
            f"results/{STUDY}/calibration/{RUN}/reliability.png",
            caption="../report/reliability.rst",
            category="Calibration",
            labels={"run": RUN, "figure": "reliability"},
        ),
        reliability_pdf=f"results/{STUDY}/calibration/{RUN}/reliability.pdf",
    log:
        f"logs/{STUDY}/calibration/{RUN}/calibration.log",
    benchmark:
        f"benchmarks/{STUDY}/calibration/{RUN}/calibration.tsv"
    conda:
        "../../envs/calibration.yaml"
    resources:
        **needs(4, minutes=3),
    params:
        calibration=plain(STUDY_CONFIG.get("calibration")),
        axes=plain(AXES),
        features=plain(FEATURES),
        labels=FEATURE_LABELS,
        classes=CLASSES,
        seed=run_seed,
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("calibration"),
    script:
        "../scripts/calibration.py"
