# with folds: every event's score by the network that never saw it
rule cross:
    input:
        scores=[
            f"results/{{study}}/predict/{{classifier}}/fold-{fold}/scores.parquet"
            for fold in FOLDS
        ],
    output:
        scores="results/{study}/cross/{classifier}/scores.parquet",
        joined="results/{study}/cross/{classifier}/joined.parquet",
    log:
        "logs/{study}/cross/{classifier}/cross.log",
    conda:
        "../../envs/cross.yaml"
    resources:
        **needs(1 + len(FOLDS)),
    params:
        code=code("cross"),
    script:
        "../scripts/cross.py"


# with folds: test yields at each fold's own cut, summed
rule cross_yields:
    input:
        yields=[
            f"results/{{study}}/fom/{{classifier}}/fold-{fold}/yields.csv"
            for fold in FOLDS
        ],
    output:
        yields="results/{study}/cross/{classifier}/yields.csv",
    log:
        "logs/{study}/cross/{classifier}/cross_yields.log",
    localrule: True
    conda:
        "../../envs/cross_yields.yaml"
    params:
        code=code("cross_yields"),
    script:
        "../scripts/cross_yields.py"


# with folds: what `roc`, `fom` and `diagnostics` make of a fold, of all folds' events together
use rule roc as cross_roc with:
    input:
        scores="results/{study}/cross/{classifier}/joined.parquet",
    output:
        curves="results/{study}/cross/{classifier}/roc_curves.parquet",
        summary=report(
            "results/{study}/cross/{classifier}/roc.csv",
            caption="../report/roc.rst",
            category="Folds joined",
            labels={
                "run": "{classifier}",
                "figure": "areas and background rejections",
            },
        ),
        png=report(
            "results/{study}/cross/{classifier}/roc.png",
            caption="../report/roc.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "ROC curves"},
        ),
        pdf="results/{study}/cross/{classifier}/roc.pdf",
    log:
        "logs/{study}/cross/{classifier}/roc.log",
    benchmark:
        "benchmarks/{study}/cross/{classifier}/roc.tsv"
    resources:
        # every event is there twice
        **needs(4, minutes=3),


use rule fom as cross_fom with:
    input:
        scores="results/{study}/cross/{classifier}/joined.parquet",
    output:
        curves="results/{study}/cross/{classifier}/fom_curves.parquet",
        best="results/{study}/cross/{classifier}/fom.csv",
        yields="results/{study}/cross/{classifier}/yields_at_one_cut.csv",
        heavy="results/{study}/cross/{classifier}/heavy.csv",
        groups="results/{study}/cross/{classifier}/groups.csv",
        png=report(
            "results/{study}/cross/{classifier}/fom.png",
            caption="../report/fom.rst",
            category="Folds joined",
            labels={
                "run": "{classifier}",
                "figure": "figure of merit against the cut",
            },
        ),
        pdf="results/{study}/cross/{classifier}/fom.pdf",
        binned="results/{study}/cross/{classifier}/binned.csv",
        bins="results/{study}/cross/{classifier}/bins.csv",
        bin_yields="results/{study}/cross/{classifier}/bin_yields.csv",
        binned_png=report(
            "results/{study}/cross/{classifier}/binned.png",
            caption="../report/binned.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "the score in bins"},
        ),
        binned_pdf="results/{study}/cross/{classifier}/binned.pdf",
    log:
        "logs/{study}/cross/{classifier}/fom.log",
    benchmark:
        "benchmarks/{study}/cross/{classifier}/fom.tsv"
    resources:
        **needs(4, minutes=3),
    params:
        fom=STUDY_CONFIG["fom"],
        yields=joined_yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        title=plain(TITLES["fom"]),
        label=plain(PLOT_LABEL),
        code=code("fom"),


rule cross_scores:
    input:
        scores="results/{study}/cross/{classifier}/joined.parquet",
    output:
        histograms="results/{study}/cross/{classifier}/score_histograms.parquet",
        confusion="results/{study}/cross/{classifier}/confusion.csv",
        scores_png=report(
            "results/{study}/cross/{classifier}/scores.png",
            caption="../report/scores.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "score distributions"},
        ),
        scores_pdf="results/{study}/cross/{classifier}/scores.pdf",
        confusion_png=report(
            "results/{study}/cross/{classifier}/confusion.png",
            caption="../report/confusion.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "confusion matrix"},
        ),
        confusion_pdf="results/{study}/cross/{classifier}/confusion.pdf",
    log:
        "logs/{study}/cross/{classifier}/scores.log",
    conda:
        "../../envs/cross_scores.yaml"
    resources:
        **needs(4, minutes=3),
    params:
        classes=CLASSES,
        positive=POSITIVE,
        titles={name: TITLES[name] for name in ("scores", "confusion")},
        label=plain(PLOT_LABEL),
        code=code("cross_scores"),
    script:
        "../scripts/cross_scores.py"
