# what a run ends with that has made the report; as a module of another workflow it says nothing
onsuccess:
    if headline_of_run():
        print(headline_of_run(), file=sys.stderr)


rule report:
    input:
        counts=sources("counts.json"),
        cutflows=sources("cutflow.parquet"),
        split=f"results/{STUDY}/split/summary.csv",
        ledger=f"results/{STUDY}/ledger/summary.csv",
        cross=of_joined("scores.parquet"),
        balances=chosen_first(lambda: of_preparations("balance.csv")),
        inputs=[
            f"results/{STUDY}/inputs/inputs.png",
            f"results/{STUDY}/inputs/correlations.png",
        ],
        points=f"results/{STUDY}/compare/points.csv",
        runs=f"results/{STUDY}/compare/runs.csv",
        metrics=f"results/{STUDY}/compare/points.png",
        evolution=[f"results/{STUDY}/compare/evolution.png"] if EVOLUTION else [],
        compare=f"results/{STUDY}/compare/runs.png",
        models=expand(f"results/{STUDY}/best/{{fold}}model.keras", fold=BEST),
        passports=expand(f"results/{STUDY}/best/{{fold}}passport.json", fold=BEST),
        rocs=of_classifiers("roc/{run}/summary.csv"),
        roc_figures=of_classifiers("roc/{run}/roc.png"),
        foms=of_classifiers("fom/{run}/best.csv") if SIGNAL else [],
        # one of them is read
        fom_curves=of_classifiers("fom/{run}/curves.parquet") if SIGNAL else [],
        yields=of_classifiers("fom/{run}/yields.csv") if SIGNAL else [],
        # the folds of the first classifier: its events are those of all
        heavy=of_classifiers("fom/{run}/heavy.csv")[: len(FOLDS)] if SIGNAL else [],
        joined_rocs=of_joined("roc.csv"),
        joined_roc_figures=of_joined("roc.png"),
        joined_score_figures=of_joined("scores.png"),
        joined_node_figures=of_joined("nodes.png") if NODES else [],
        joined_confusion_figures=of_joined("confusion.png"),
        joined_foms=of_joined("fom.csv") if SIGNAL else [],
        joined_fom_curves=of_joined("fom_curves.parquet") if SIGNAL else [],
        joined_fom_figures=of_joined("fom.png") if SIGNAL else [],
        joined_binned_figures=of_joined("binned.png") if SIGNAL else [],
        cross_yields=of_joined("yields.csv") if SIGNAL else [],
        fom_figures=of_classifiers("fom/{run}/fom.png") if SIGNAL else [],
        binned_figures=of_classifiers("fom/{run}/binned.png") if SIGNAL else [],
        overtraining=of_runs("diagnostics/{run}/overtraining.csv"),
        score_figures=of_runs("diagnostics/{run}/scores.png"),
        node_figures=of_runs("diagnostics/{run}/nodes.png") if NODES else [],
        confusion_figures=of_runs("diagnostics/{run}/confusion.png"),
        history_figures=of_runs("diagnostics/{run}/history.png"),
        sculpting=(
            of_classifiers("sculpting/{run}/distances.csv")
            if STUDY_CONFIG["sculpting"]
            else []
        ),
        sculpting_figures=(
            of_classifiers("sculpting/{run}/sculpting.png")
            if STUDY_CONFIG["sculpting"]
            else []
        ),
        tradeoff=(
            [f"results/{STUDY}/sculpting/tradeoff.png"]
            if STUDY_CONFIG["sculpting"]
            else []
        ),
        joined_sculpting_figures=(
            of_joined("sculpting.png") if STUDY_CONFIG["sculpting"] else []
        ),
        variations=[f"results/{STUDY}/variations/variations.png"] if SHIFTS else [],
        variation_yields=(
            [f"results/{STUDY}/variations/variations.csv"] if SHIFTS else []
        ),
        hypotheses=([f"results/{STUDY}/hypotheses/hypotheses.csv"] if PARAMETER else []),
        hypotheses_figures=(
            [f"results/{STUDY}/hypotheses/hypotheses.png"] if PARAMETER else []
        ),
        data=[f"results/{STUDY}/data/data.png"] if DRAWN else [],
        data_counts=[f"results/{STUDY}/data/counts.csv"] if DRAWN else [],
        data_yields=[f"results/{STUDY}/data/yields.csv"] if DRAWN else [],
        sums=of_runs("calibration/{run}/sums.csv") if CALIBRATION else [],
        entropies=of_runs("calibration/{run}/summary.csv") if CALIBRATION else [],
        sums_figures=of_runs("calibration/{run}/sums.png") if CALIBRATION else [],
        efficiency_figures=(
            of_runs("calibration/{run}/efficiencies.png") if CALIBRATION else []
        ),
        reliability_figures=(
            of_runs("calibration/{run}/reliability.png") if CALIBRATION else []
        ),
        truth_figures=of_runs("calibration/{run}/truth.png") if TRUTH else [],
        reconstructions=chosen_first(lambda: of_transforms("reconstruction.png")),
        search=(
            [
                f"results/{STUDY}/optimise/optimise.csv",
                f"results/{STUDY}/optimise/optimise.png",
            ]
            if SEARCH
            else []
        ),
        averages=[f"results/{STUDY}/pictures/averages.png"] if ALL_STEPS else [],
        filters=FILTERS,
        hit_accuracies=of_runs("hits/{run}/accuracies.csv") if PIXEL_CLASSES else [],
        hit_figures=of_runs("hits/{run}/accuracies.png") if PIXEL_CLASSES else [],
        display_figures=of_runs("hits/{run}/displays.png") if PIXEL_CLASSES else [],
        fit=([f"results/{STUDY}/export/fit/expected.csv"] if EXPORT.workspace else []),
        contest=(
            [
                f"results/{STUDY}/contest/summary.csv",
                f"results/{STUDY}/contest/settings.csv",
            ]
            if CONTEST_RUNS
            else []
        ),
        contest_figures=CONTEST_FIGURES if CONTEST_RUNS else [],
        # one a class, after one another
        distribution_figures=[
            path.format(name=name)
            for path in of_runs("calibration/{run}/distributions-{{name}}.png")
            for name in (CLASSES if CALIBRATION else [])
        ],
    output:
        html=f"results/{STUDY}/report/report.html",
        headline=f"results/{STUDY}/report/headline.txt",
    log:
        f"logs/{STUDY}/report/report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=STUDY,
        scored=CLASSIFIER_RUNS,
        luminosity=YIELDS.luminosity,
        definition=FOM.definition if SIGNAL else None,
        config=plain(RESULT_CONFIG),
        code=code(
            "report",
            "../report/page.html.j2",
            "../report/page.css",
            "../report/page.js",
        ),
    script:
        "../scripts/report.py"
