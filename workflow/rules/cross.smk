# with folds: every event's score by the network that never saw it
rule cross:
    input:
        scores=[
            f"results/{STUDY}/predict/{{classifier}}/fold-{fold}/scores.parquet"
            for fold in FOLDS
        ],
    output:
        scores=f"results/{STUDY}/cross/{{classifier}}/scores.parquet",
        joined=f"results/{STUDY}/cross/{{classifier}}/joined.parquet",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/cross.log",
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
            f"results/{STUDY}/fom/{{classifier}}/fold-{fold}/yields.csv"
            for fold in FOLDS
        ],
    output:
        yields=f"results/{STUDY}/cross/{{classifier}}/yields.csv",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/cross_yields.log",
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
        scores=f"results/{STUDY}/cross/{{classifier}}/joined.parquet",
    output:
        curves=f"results/{STUDY}/cross/{{classifier}}/roc_curves.parquet",
        summary=report(
            f"results/{STUDY}/cross/{{classifier}}/roc.csv",
            caption="../report/roc.rst",
            category="Folds joined",
            labels={
                "run": "{classifier}",
                "figure": "areas and background rejections",
            },
        ),
        png=report(
            f"results/{STUDY}/cross/{{classifier}}/roc.png",
            caption="../report/roc.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "ROC curves"},
        ),
        pdf=f"results/{STUDY}/cross/{{classifier}}/roc.pdf",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/roc.log",
    benchmark:
        f"benchmarks/{STUDY}/cross/{{classifier}}/roc.tsv"
    resources:
        # every event is there twice
        **needs(4, minutes=3),


use rule fom as cross_fom with:
    input:
        scores=f"results/{STUDY}/cross/{{classifier}}/joined.parquet",
    output:
        curves=f"results/{STUDY}/cross/{{classifier}}/fom_curves.parquet",
        best=f"results/{STUDY}/cross/{{classifier}}/fom.csv",
        yields=f"results/{STUDY}/cross/{{classifier}}/yields_at_one_cut.csv",
        heavy=f"results/{STUDY}/cross/{{classifier}}/heavy.csv",
        groups=f"results/{STUDY}/cross/{{classifier}}/groups.csv",
        png=report(
            f"results/{STUDY}/cross/{{classifier}}/fom.png",
            caption="../report/fom.rst",
            category="Folds joined",
            labels={
                "run": "{classifier}",
                "figure": "figure of merit against the cut",
            },
        ),
        pdf=f"results/{STUDY}/cross/{{classifier}}/fom.pdf",
        binned=f"results/{STUDY}/cross/{{classifier}}/binned.csv",
        bins=f"results/{STUDY}/cross/{{classifier}}/bins.csv",
        bin_yields=f"results/{STUDY}/cross/{{classifier}}/bin_yields.csv",
        binned_png=report(
            f"results/{STUDY}/cross/{{classifier}}/binned.png",
            caption="../report/binned.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "the score in bins"},
        ),
        binned_pdf=f"results/{STUDY}/cross/{{classifier}}/binned.pdf",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/fom.log",
    benchmark:
        f"benchmarks/{STUDY}/cross/{{classifier}}/fom.tsv"
    resources:
        **needs(4, minutes=3),
    params:
        fom=STUDY_CONFIG["fom"],
        yields=joined_yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        title=plain(TITLES["fom"]),
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("fom"),


CROSS_NODES = {}
if NODES:
    CROSS_NODES = {
        "nodes_png": report(
            f"results/{STUDY}/cross/{{classifier}}/nodes.png",
            caption="../report/nodes.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "every class's score"},
        ),
        "nodes_pdf": f"results/{STUDY}/cross/{{classifier}}/nodes.pdf",
    }


rule cross_scores:
    input:
        scores=f"results/{STUDY}/cross/{{classifier}}/joined.parquet",
    output:
        **CROSS_NODES,
        histograms=f"results/{STUDY}/cross/{{classifier}}/score_histograms.parquet",
        confusion=f"results/{STUDY}/cross/{{classifier}}/confusion.csv",
        scores_png=report(
            f"results/{STUDY}/cross/{{classifier}}/scores.png",
            caption="../report/scores.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "score distributions"},
        ),
        scores_pdf=f"results/{STUDY}/cross/{{classifier}}/scores.pdf",
        confusion_png=report(
            f"results/{STUDY}/cross/{{classifier}}/confusion.png",
            caption="../report/confusion.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "confusion matrix"},
        ),
        confusion_pdf=f"results/{STUDY}/cross/{{classifier}}/confusion.pdf",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/scores.log",
    conda:
        "../../envs/cross_scores.yaml"
    resources:
        **needs(4, minutes=3),
    params:
        classes=CLASSES,
        positive=POSITIVE,
        axis=plain(AXES.get("score", {})),
        titles={name: TITLES[name] for name in ("scores", "confusion")},
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("cross_scores"),
    script:
        "../scripts/cross_scores.py"
