DRAWN = list(APPLY.draw)
# the files of collision data, without the study's own that `apply.friends` adds
COLLISIONS = [source for source in APPLIED if source not in FILES]


rule data:
    input:
        data=expand(
            f"results/{STUDY}/apply/{{applied}}/scores.parquet", applied=COLLISIONS
        ),
        table=f"results/{STUDY}/compare/runs.csv",
        scores=(
            of_joined("joined.parquet")
            if len(FOLDS) > 1
            else of_classifiers("predict/{run}/scores.parquet")
        ),
    output:
        histograms=f"results/{STUDY}/data/histograms.parquet",
        counts=report(
            f"results/{STUDY}/data/counts.csv",
            caption="../report/data.rst",
            category="Data",
            labels={"figure": "events seen, and duplicates"},
        ),
        yields=report(
            f"results/{STUDY}/data/yields.csv",
            caption="../report/data.rst",
            category="Data",
            labels={"figure": "events expected"},
        ),
        png=report(
            f"results/{STUDY}/data/data.png",
            caption="../report/data.rst",
            category="Data",
            labels={"figure": "data over simulation"},
        ),
        pdf=f"results/{STUDY}/data/data.pdf",
    log:
        f"logs/{STUDY}/data/data.log",
    conda:
        "../../envs/data.yaml"
    resources:
        **needs(2),
    params:
        node=CLASSES[POSITIVE],
        columns=plain(DRAWN),
        duplicates=APPLY.duplicates,
        classifiers=CLASSIFIERS,
        ensemble=ENSEMBLE,
        signal=CLASSES.index(SIGNAL) if SIGNAL else None,
        yields=(
            joined_yield_settings(STUDY_CONFIG)
            if len(FOLDS) > 1
            else yield_settings(STUDY_CONFIG)
        ),
        labels=plain(SPECTATOR_LABELS),
        axes=plain(AXES),
        title=plain(TITLES["data"]),
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("data"),
    script:
        "../scripts/data.py"
