# one number, and a figure, for how a cut on the score changes the background's spectators
rule sculpting:
    input:
        scores=f"results/{STUDY}/predict/{CLASSIFIER_RUN}/scores.parquet",
    output:
        distances=report(
            f"results/{STUDY}/sculpting/{CLASSIFIER_RUN}/distances.csv",
            caption="../report/sculpting.rst",
            category="Sculpting",
            labels={"run": CLASSIFIER_RUN, "figure": "distances"},
        ),
        histograms=f"results/{STUDY}/sculpting/{CLASSIFIER_RUN}/histograms.parquet",
        png=report(
            f"results/{STUDY}/sculpting/{CLASSIFIER_RUN}/sculpting.png",
            caption="../report/sculpting.rst",
            category="Sculpting",
            labels={
                "run": CLASSIFIER_RUN,
                "figure": "spectators in slices of the score",
            },
        ),
        pdf=f"results/{STUDY}/sculpting/{CLASSIFIER_RUN}/sculpting.pdf",
    log:
        f"logs/{STUDY}/sculpting/{CLASSIFIER_RUN}/sculpting.log",
    conda:
        "../../envs/sculpting.yaml"
    resources:
        **needs(2),
    params:
        spectators=plain(STUDY_CONFIG["sculpting"]),
        signal=SIGNAL,
        yields=yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        axes=plain(AXES),
        labels=plain(SPECTATOR_LABELS),
        title=plain(TITLES["sculpting"]),
        label=plain(PLOT_LABEL),
        code=code("sculpting"),
    script:
        "../scripts/sculpting.py"


# with folds: of all folds' events together
use rule sculpting as cross_sculpting with:
    input:
        scores=f"results/{STUDY}/cross/{{classifier}}/joined.parquet",
    output:
        distances=report(
            f"results/{STUDY}/cross/{{classifier}}/distances.csv",
            caption="../report/sculpting.rst",
            category="Folds joined",
            labels={"run": "{classifier}", "figure": "sculpting"},
        ),
        histograms=f"results/{STUDY}/cross/{{classifier}}/sculpting.parquet",
        png=report(
            f"results/{STUDY}/cross/{{classifier}}/sculpting.png",
            caption="../report/sculpting.rst",
            category="Folds joined",
            labels={
                "run": "{classifier}",
                "figure": "spectators in slices of the score",
            },
        ),
        pdf=f"results/{STUDY}/cross/{{classifier}}/sculpting.pdf",
    log:
        f"logs/{STUDY}/cross/{{classifier}}/sculpting.log",
    params:
        spectators=plain(STUDY_CONFIG["sculpting"]),
        signal=SIGNAL,
        yields=joined_yield_settings(STUDY_CONFIG),
        seed=STUDY_CONFIG["seed"],
        axes=plain(AXES),
        labels=plain(SPECTATOR_LABELS),
        title=plain(TITLES["sculpting"]),
        label=plain(PLOT_LABEL),
        code=code("sculpting"),


# of all classifiers side by side
rule tradeoff:
    input:
        rocs=of_classifiers("roc/{run}/summary.csv"),
        distances=of_classifiers("sculpting/{run}/distances.csv"),
    output:
        table=report(
            f"results/{STUDY}/sculpting/tradeoff.csv",
            caption="../report/tradeoff.rst",
            category="Sculpting",
            labels={"figure": "area and distance of all classifiers"},
        ),
        png=report(
            f"results/{STUDY}/sculpting/tradeoff.png",
            caption="../report/tradeoff.rst",
            category="Sculpting",
            labels={"figure": "area against distance"},
        ),
        pdf=f"results/{STUDY}/sculpting/tradeoff.pdf",
    log:
        f"logs/{STUDY}/sculpting/tradeoff.log",
    localrule: True
    conda:
        "../../envs/tradeoff.yaml"
    params:
        scored=CLASSIFIER_RUNS,
        labels=plain(SPECTATOR_LABELS),
        label=plain(PLOT_LABEL),
        code=code("tradeoff"),
    script:
        "../scripts/tradeoff.py"
