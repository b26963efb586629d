"""What each rule gives its script, by name: files, params, resources.

Two that change places, or one that is lost, often pass every job, and are seen in numbers alone.
"""

import ast
import re
from pathlib import Path

import pytest

from rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"

# which file of which stage each name is; -: no name of a file stands in the rule
FLOWS = {
    ("train_transform", "input"): (
        "features_train=prepare/features.train.npy "
        "features_validation=prepare/features.validation.npy "
        "weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy"
    ),
    ("train_transform", "output"): (
        "history=transform/history.parquet timing=transform/timing.parquet "
        "best=transform/best.weights.h5 last=transform/last.weights.h5"
    ),
    ("encode", "input"): (
        "history=transform/history.parquet best=transform/best.weights.h5 "
        "transform=prepare/normalisation.json events=ingest/events.parquet "
        "samples=split/samples.parquet features_train=prepare/features.train.npy "
        "features_validation=prepare/features.validation.npy "
        "features_test=prepare/features.test.npy weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy"
    ),
    ("encode", "output"): (
        "model=transform/autoencoder.keras passport=transform/passport.json "
        "errors=transform/errors.csv codes_train=transform/codes.train.npy "
        "codes_validation=transform/codes.validation.npy codes_test=transform/codes.test.npy "
        "anomaly_train=transform/anomaly.train.npy "
        "anomaly_validation=transform/anomaly.validation.npy "
        "anomaly_test=transform/anomaly.test.npy"
    ),
    ("reconstruction", "input"): (
        "errors=transform/errors.csv anomaly=transform/anomaly.test.npy "
        "events=ingest/events.parquet samples=split/samples.parquet"
    ),
    ("reconstruction", "output"): (
        "histograms=transform/anomaly.parquet png=transform/reconstruction.png "
        "pdf=transform/reconstruction.pdf"
    ),
    ("average_pictures", "input"): "events=ingest/events.parquet",
    ("average_pictures", "output"): (
        "table=pictures/averages.parquet png=pictures/averages.png pdf=pictures/averages.pdf"
    ),
    ("filters", "input"): "weights=train/best.weights.h5",
    ("filters", "output"): "png=filters/filters.png pdf=filters/filters.pdf",
    ("hit_baseline", "input"): (
        "events=ingest/events.parquet pictures=- samples=split/samples.parquet"
    ),
    ("hit_baseline", "output"): "scores=predict/scores.parquet",
    ("hits", "input"): (
        "events=ingest/events.parquet scores=predict/scores.parquet hits=predict/hits.parquet"
    ),
    ("hits", "output"): (
        "accuracies=hits/accuracies.csv by_hits=hits/by_hits.csv png=hits/accuracies.png "
        "pdf=hits/accuracies.pdf displays_png=hits/displays.png displays_pdf=hits/displays.pdf"
    ),
    ("pictures", "input"): "pictures=- samples=split/samples.parquet",
    ("pictures", "output"): (
        "transform=prepare/pictures.json train=prepare/pictures.train.npy "
        "validation=prepare/pictures.validation.npy test=prepare/pictures.test.npy"
    ),
    ("pixel_classes", "input"): "pictures=- samples=split/samples.parquet",
    ("pixel_classes", "output"): (
        "train=prepare/pixels.train.npy validation=prepare/pixels.validation.npy "
        "weights=prepare/pixel_weights.npy"
    ),
    ("predict_hits", "input"): (
        "model=checkpoint_model/model.keras network=checkpoint_model/network.onnx "
        "passport=checkpoint_model/passport.json "
        "transform=prepare/transformed events=ingest/events.parquet pictures=- "
        "samples=split/samples.parquet features_train=prepare/seen.train "
        "features_validation=prepare/seen.validation features_test=prepare/seen.test"
    ),
    ("predict_hits", "output"): "scores=predict/scores.parquet hits=predict/hits.parquet",
    ("rasterise", "input"): "events=ingest/events.parquet",
    ("rasterise", "output"): "pictures=rasterise/pictures.parquet counts=rasterise/counts.json",
    ("vary", "input"): (
        "files=- sums=- models=best/{{fold}}model.keras networks=best/{{fold}}network.onnx "
        "passports=best/{{fold}}passport.json"
    ),
    ("vary", "output"): "scores=variations/scores.parquet rejected=variations/rejected.csv",
    ("variations", "input"): (
        "shifted=variations/scores.parquet table=compare/runs.csv "
        "scores=cross/joined.parquet,predict/scores.parquet foms=cross/fom.csv,fom/best.csv "
        "bins=cross/bin_yields.csv,fom/bin_yields.csv"
    ),
    ("variations", "output"): (
        "yields=variations/variations.csv bins=variations/bin_yields.csv "
        "histograms=variations/histograms.parquet png=variations/variations.png "
        "pdf=variations/variations.pdf"
    ),
    ("apply", "input"): (
        "file=- table=compare/runs.csv models={folder}/model.keras "
        "networks={folder}/network.onnx passports={folder}/passport.json roles=ledger/roles.parquet"
    ),
    ("apply", "output"): (
        "scores=apply/scores.parquet friend=apply/friend.root rejected=apply/rejected.csv "
        "counts=apply/counts.json"
    ),
    ("balance", "input"): "events=ingest/events.parquet samples=split/samples.parquet",
    ("balance", "output"): (
        "classes_train=prepare/classes.train.npy "
        "classes_validation=prepare/classes.validation.npy "
        "weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy table=prepare/balance.csv"
    ),
    ("baseline", "input"): (
        "events=ingest/events.parquet samples=split/samples.parquet "
        "features_train=prepare/features.train.npy "
        "features_validation=prepare/features.validation.npy "
        "features_test=prepare/features.test.npy classes_train=prepare/classes.train.npy "
        "weights_train=prepare/weights.train.npy"
    ),
    ("baseline", "output"): "scores=predict/scores.parquet",
    ("best", "input"): (
        "table=compare/runs.csv models=checkpoint_model/model.keras "
        "networks=checkpoint_model/network.onnx "
        "passports=checkpoint_model/passport.json roles=ledger/roles.parquet"
    ),
    ("best", "output"): (
        "models=best/{{fold}}model.keras networks=best/{{fold}}network.onnx "
        "passports=best/{{fold}}passport.json roles=best/roles.parquet"
    ),
    ("calibration", "input"): "scores=predict/scores.parquet events=ingest/events.parquet",
    ("calibration", "output"): (
        "sums=calibration/sums.csv distributions=calibration/distributions.csv "
        "efficiencies=calibration/efficiencies.csv reliability=calibration/reliability.csv "
        "summary=calibration/summary.csv drawn=calibration/drawn.parquet "
        "sums_png=calibration/sums.png sums_pdf=calibration/sums.pdf "
        "class_png=calibration/distributions-{name}.png "
        "class_pdf=calibration/distributions-{name}.pdf "
        "efficiencies_png=calibration/efficiencies.png "
        "efficiencies_pdf=calibration/efficiencies.pdf "
        "reliability_png=calibration/reliability.png "
        "reliability_pdf=calibration/reliability.pdf"
    ),
    ("checkpoint_model", "input"): (
        "history=train/history.parquet best=train/best.weights.h5 "
        "transform=prepare/transformed events=ingest/events.parquet "
        "samples=split/samples.parquet features=prepare/trained_on.validation "
        "classes=prepare/labels.validation weights=prepare/weights.validation.npy "
        "features_train=prepare/trained_on.train classes_train=prepare/labels.train "
        "weights_train=prepare/weights.train.npy normalised=prepare/seen.validation "
        "encoder=transform/autoencoder.keras encoder_passport=transform/passport.json"
    ),
    ("checkpoint_model", "output"): (
        "model=checkpoint_model/model.keras network=checkpoint_model/network.onnx "
        "passport=checkpoint_model/passport.json"
    ),
    ("check", "input"): "files=-",
    ("paper", "input"): (
        "table=compare/runs.csv yields=cross/yields.csv,fom/yields.csv "
        "foms=cross/fom.csv,fom/best.csv"
    ),
    ("paper", "output"): (
        "yields_tex=paper/yields.tex yields_csv=paper/yields.csv fom_tex=paper/fom.tex "
        "fom_csv=paper/fom.csv"
    ),
    ("workspace", "input"): (
        "table=compare/runs.csv yields=cross/bin_yields.csv,fom/bin_yields.csv "
        "shifted=variations/bin_yields.csv"
    ),
    ("workspace", "output"): (
        "workspace=export/workspace.json root=export/histograms.root expected=export/expected.csv"
    ),
    ("contest", "input"): (
        "events=ingest/events.parquet samples=split/samples.parquet "
        "features_train=prepare/features.train.npy "
        "features_validation=prepare/features.validation.npy "
        "features_test=prepare/features.test.npy classes_train=prepare/classes.train.npy "
        "classes_validation=prepare/classes.validation.npy "
        "weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy"
    ),
    ("contest", "output"): (
        "scores=contest/scores.parquet curve=contest/curve.parquet outcome=contest/outcome.json"
    ),
    ("contest_summary", "input"): (
        "outcomes=outcome.json/outcome.json curves=curve.parquet/curve.parquet"
    ),
    ("contest_summary", "output"): (
        "runs=contest/runs.csv summary=contest/summary.csv settings=contest/settings.csv "
        "scans_png=contest/{contest.file_name(variable)}.png "
        "scans_pdf=contest/{contest.file_name(variable)}.pdf "
        "roc_png=contest/roc.png roc_pdf=contest/roc.pdf "
        "pareto_png=contest/pareto.png pareto_pdf=contest/pareto.pdf"
    ),
    ("compare", "input"): (
        "passports=checkpoint_model/passport.json timings=train/timing.parquet "
        "histories=train/history.parquet rocs=roc/summary.csv foms=fom/best.csv "
        "groups=fom/groups.csv awaited=-"
    ),
    ("compare", "output"): (
        "points=compare/points.csv runs=compare/runs.csv points_png=compare/points.png "
        "points_pdf=compare/points.pdf runs_png=compare/runs.png runs_pdf=compare/runs.pdf"
    ),
    ("cross", "input"): "scores=predict/scores.parquet",
    ("cross", "output"): "scores=cross/scores.parquet joined=cross/joined.parquet",
    ("cross_fom", "input"): "scores=cross/joined.parquet",
    ("cross_fom", "output"): (
        "curves=cross/fom_curves.parquet best=cross/fom.csv "
        "yields=cross/yields_at_one_cut.csv heavy=cross/heavy.csv groups=cross/groups.csv "
        "png=cross/fom.png pdf=cross/fom.pdf binned=cross/binned.csv bins=cross/bins.csv "
        "bin_yields=cross/bin_yields.csv binned_png=cross/binned.png "
        "binned_pdf=cross/binned.pdf"
    ),
    ("cross_roc", "input"): "scores=cross/joined.parquet",
    ("cross_roc", "output"): (
        "curves=cross/roc_curves.parquet summary=cross/roc.csv png=cross/roc.png pdf=cross/roc.pdf"
    ),
    ("cross_scores", "input"): "scores=cross/joined.parquet",
    ("cross_scores", "output"): (
        "histograms=cross/score_histograms.parquet confusion=cross/confusion.csv "
        "scores_png=cross/scores.png scores_pdf=cross/scores.pdf "
        "confusion_png=cross/confusion.png confusion_pdf=cross/confusion.pdf"
    ),
    ("cross_yields", "input"): "yields=fom/yields.csv",
    ("cross_yields", "output"): "yields=cross/yields.csv",
    ("cross_sculpting", "input"): "scores=cross/joined.parquet",
    ("cross_sculpting", "output"): (
        "distances=cross/distances.csv histograms=cross/sculpting.parquet png=cross/sculpting.png "
        "pdf=cross/sculpting.pdf"
    ),
    ("data", "input"): (
        "data=apply/scores.parquet table=compare/runs.csv "
        "scores=cross/joined.parquet,predict/scores.parquet"
    ),
    ("data", "output"): (
        "histograms=data/histograms.parquet counts=data/counts.csv yields=data/yields.csv "
        "png=data/data.png pdf=data/data.pdf"
    ),
    ("diagnostics", "input"): "scores=predict/scores.parquet history=train/history.parquet",
    ("diagnostics", "output"): (
        "histograms=diagnostics/scores.parquet overtraining=diagnostics/overtraining.csv "
        "confusion=diagnostics/confusion.csv history=diagnostics/history.csv "
        "scores_png=diagnostics/scores.png scores_pdf=diagnostics/scores.pdf "
        "confusion_png=diagnostics/confusion.png confusion_pdf=diagnostics/confusion.pdf "
        "history_png=diagnostics/history.png history_pdf=diagnostics/history.pdf"
    ),
    ("ensemble", "input"): "scores=predict/scores.parquet",
    ("ensemble", "output"): "scores=predict/scores.parquet",
    ("export_c", "input"): (
        "table=compare/runs.csv models=checkpoint_model/model.keras "
        "passports=checkpoint_model/passport.json"
    ),
    ("export_c", "output"): "header=export/model.h source=export/model.c",
    ("export_onnx", "input"): (
        "table=compare/runs.csv models=checkpoint_model/model.keras "
        "passports=checkpoint_model/passport.json"
    ),
    ("export_onnx", "output"): "model=export/model.onnx",
    ("export_keras", "input"): (
        "table=compare/runs.csv models=checkpoint_model/model.keras "
        "passports=checkpoint_model/passport.json"
    ),
    ("export_keras", "output"): "model=export/model.keras passports=export/keras.passports.json",
    ("export_saved_model", "input"): (
        "table=compare/runs.csv models=checkpoint_model/model.keras "
        "passports=checkpoint_model/passport.json"
    ),
    ("export_saved_model", "output"): "model=- passports=export/saved_model.passports.json",
    ("export_scores", "input"): (
        "scores=predict/scores.parquet passport=checkpoint_model/passport.json"
    ),
    ("export_scores", "output"): (
        "validation=export/val_output.csv test=export/test_output.csv epoch=export/best_epoch.txt"
    ),
    ("export_table", "input"): "foms=fom/best.csv awaited=-",
    ("export_table", "output"): "table=export/{len(FEATURES)}var_fom.csv",
    ("fom", "input"): "scores=predict/scores.parquet",
    ("fom", "output"): (
        "curves=fom/curves.parquet best=fom/best.csv yields=fom/yields.csv "
        "heavy=fom/heavy.csv groups=fom/groups.csv png=fom/fom.png pdf=fom/fom.pdf "
        "binned=fom/binned.csv bins=fom/bins.csv bin_yields=fom/bin_yields.csv "
        "binned_png=fom/binned.png binned_pdf=fom/binned.pdf"
    ),
    ("generator_weights", "input"): "file=-",
    ("generator_weights", "output"): "sums=ingest/generator_weights.json",
    ("generator_weights_files", "input"): "files=-",
    ("generator_weights_files", "output"): "sums=ingest/generator_weights.json",
    ("hypotheses", "input"): (
        "model=checkpoint_model/model.keras network=checkpoint_model/network.onnx "
        "passport=checkpoint_model/passport.json transform=prepare/normalisation.json "
        "events=ingest/events.parquet samples=split/samples.parquet"
    ),
    ("hypotheses", "output"): "table=hypotheses/hypotheses.csv",
    ("hypotheses_summary", "input"): "tables=hypotheses/hypotheses.csv",
    ("hypotheses_summary", "output"): (
        "runs=hypotheses/runs.csv points=hypotheses/hypotheses.csv png=hypotheses/hypotheses.png "
        "pdf=hypotheses/hypotheses.pdf"
    ),
    ("importance", "input"): (
        "model=checkpoint_model/model.keras network=checkpoint_model/network.onnx "
        "passport=checkpoint_model/passport.json "
        "transform=prepare/transformed features=prepare/seen.validation "
        "classes=prepare/classes.validation.npy weights=prepare/weights.validation.npy"
    ),
    ("importance", "output"): "table=importance/importance.csv",
    ("importance_summary", "input"): "tables=importance/importance.csv",
    ("importance_summary", "output"): (
        "table=importance/importance.csv png=importance/importance.png "
        "pdf=importance/importance.pdf"
    ),
    ("ingest", "input"): "file=- sums=-",
    ("ingest", "output"): (
        "events=ingest/events.parquet cutflow=ingest/cutflow.parquet "
        "rejected=ingest/rejected.csv counts=ingest/counts.json"
    ),
    ("ingest_files", "input"): "files=- sums=-",
    ("ingest_files", "output"): (
        "events=ingest/events.parquet cutflow=ingest/cutflow.parquet "
        "rejected=ingest/rejected.csv counts=ingest/counts.json"
    ),
    ("inputs", "input"): "events=ingest/events.parquet",
    ("inputs", "output"): (
        "histograms=inputs/histograms.parquet correlations=inputs/correlations.parquet "
        "inputs_png=inputs/inputs.png inputs_pdf=inputs/inputs.pdf "
        "correlations_png=inputs/correlations.png correlations_pdf=inputs/correlations.pdf"
    ),
    ("ledger", "input"): (
        "events=ingest/events.parquet samples=split/samples.parquet "
        "transforms=prepare/normalisation.json,transform/passport.json "
        "scores=predict/scores.parquet"
    ),
    ("ledger", "output"): (
        "ledger=ledger/ledger.parquet summary=ledger/summary.csv roles=ledger/roles.parquet"
    ),
    ("normalise", "input"): "events=ingest/events.parquet samples=split/samples.parquet",
    ("normalise", "output"): (
        "transform=prepare/normalisation.json train=prepare/features.train.npy "
        "validation=prepare/features.validation.npy test=prepare/features.test.npy"
    ),
    ("predict", "input"): (
        "model=checkpoint_model/model.keras network=checkpoint_model/network.onnx "
        "passport=checkpoint_model/passport.json "
        "transform=prepare/transformed events=ingest/events.parquet "
        "samples=split/samples.parquet features_train=prepare/seen.train "
        "features_validation=prepare/seen.validation "
        "features_test=prepare/seen.test anomaly_train=prepare/anomaly.train "
        "anomaly_validation=prepare/anomaly.validation anomaly_test=prepare/anomaly.test"
    ),
    ("predict", "output"): "scores=predict/scores.parquet",
    ("range_test", "input"): (
        "features=prepare/trained_on.train classes=prepare/labels.train "
        "weights=prepare/weights.train.npy"
    ),
    ("range_test", "output"): (
        "curves=range_test/curves.parquet suggestions=range_test/suggestions.csv "
        "png=range_test/range_test.png pdf=range_test/range_test.pdf"
    ),
    ("report", "input"): (
        "counts=ingest/counts.json cutflows=ingest/cutflow.parquet split=split/summary.csv "
        "ledger=ledger/summary.csv cross=cross/scores.parquet balances=prepare/balance.csv "
        "inputs=inputs/inputs.png,inputs/correlations.png points=compare/points.csv "
        "runs=compare/runs.csv metrics=compare/points.png "
        "evolution=compare/evolution.png compare=compare/runs.png "
        "models=best/{{fold}}model.keras passports=best/{{fold}}passport.json "
        "rocs=roc/summary.csv roc_figures=roc/roc.png foms=fom/best.csv "
        "fom_curves=fom/curves.parquet yields=fom/yields.csv heavy=fom/heavy.csv "
        "joined_rocs=cross/roc.csv joined_roc_figures=cross/roc.png "
        "joined_score_figures=cross/scores.png "
        "joined_node_figures=cross/nodes.png joined_confusion_figures=cross/confusion.png "
        "joined_foms=cross/fom.csv joined_fom_curves=cross/fom_curves.parquet "
        "joined_fom_figures=cross/fom.png "
        "joined_binned_figures=cross/binned.png cross_yields=cross/yields.csv "
        "fom_figures=fom/fom.png binned_figures=fom/binned.png "
        "overtraining=diagnostics/overtraining.csv score_figures=diagnostics/scores.png "
        "node_figures=diagnostics/nodes.png "
        "confusion_figures=diagnostics/confusion.png history_figures=diagnostics/history.png "
        "sculpting=sculpting/distances.csv sculpting_figures=sculpting/sculpting.png "
        "tradeoff=sculpting/tradeoff.png "
        "joined_sculpting_figures=cross/sculpting.png variations=variations/variations.png "
        "variation_yields=variations/variations.csv "
        "hypotheses=hypotheses/hypotheses.csv hypotheses_figures=hypotheses/hypotheses.png "
        "data=data/data.png "
        "data_counts=data/counts.csv data_yields=data/yields.csv "
        "sums=calibration/sums.csv entropies=calibration/summary.csv "
        "sums_figures=calibration/sums.png efficiency_figures=calibration/efficiencies.png "
        "reliability_figures=calibration/reliability.png truth_figures=calibration/truth.png "
        "reconstructions=transform/reconstruction.png "
        "averages=pictures/averages.png filters=- hit_accuracies=hits/accuracies.csv "
        "hit_figures=hits/accuracies.png display_figures=hits/displays.png "
        "fit=export/expected.csv contest=contest/summary.csv,contest/settings.csv "
        "contest_figures=- "
        "distribution_figures=calibration/distributions-{{name}}.png "
        "search=optimise/optimise.csv,optimise/optimise.png"
    ),
    ("report", "output"): "html=report/report.html headline=report/headline.txt",
    ("roc", "input"): "scores=predict/scores.parquet",
    ("roc", "output"): (
        "curves=roc/curves.parquet summary=roc/summary.csv png=roc/roc.png pdf=roc/roc.pdf"
    ),
    ("sculpting", "input"): "scores=predict/scores.parquet",
    ("sculpting", "output"): (
        "distances=sculpting/distances.csv histograms=sculpting/histograms.parquet "
        "png=sculpting/sculpting.png pdf=sculpting/sculpting.pdf"
    ),
    ("tradeoff", "input"): "rocs=roc/summary.csv distances=sculpting/distances.csv",
    ("tradeoff", "output"): (
        "table=sculpting/tradeoff.csv png=sculpting/tradeoff.png pdf=sculpting/tradeoff.pdf"
    ),
    ("simulate", "output"): "files=-",
    ("split", "input"): "events=ingest/events.parquet",
    ("split", "output"): "samples=split/samples.parquet summary=split/summary.csv",
    ("propose", "input"): "outcomes=-",
    ("propose", "output"): "trials=optimise/trials.json",
    ("promote", "input"): "outcomes=-",
    ("promote", "output"): "trials=optimise/trials.json",
    ("choose", "input"): "outcomes=-",
    ("choose", "output"): (
        "chosen=optimise/chosen.json table=optimise/optimise.csv png=optimise/optimise.png "
        "pdf=optimise/optimise.pdf"
    ),
    ("trial", "input"): (
        "features_train=prepare/trained_on.train "
        "features_validation=prepare/trained_on.validation "
        "classes_train=prepare/labels.train "
        "classes_validation=prepare/labels.validation "
        "weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy events=ingest/events.parquet "
        "samples=split/samples.parquet"
    ),
    ("trial", "output"): "outcome=-",
    ("train", "input"): (
        "features_train=prepare/trained_on.train "
        "features_validation=prepare/trained_on.validation "
        "classes_train=prepare/labels.train "
        "classes_validation=prepare/labels.validation "
        "weights_train=prepare/weights.train.npy "
        "weights_validation=prepare/weights.validation.npy events=ingest/events.parquet "
        "samples=split/samples.parquet"
    ),
    ("train", "output"): (
        "history=train/history.parquet timing=train/timing.parquet best=train/best.weights.h5 "
        "last=train/last.weights.h5"
    ),
}

# the expression that is a param of this name; of a rule alone where it has one of its own
PARAMS = {
    "balance": {
        "": "preparing('balance')",
        "check": "next(iter(POINTS.values())).config['balance']",
        "checkpoint_model": "section('balance')",
    },
    "branches": {"": "plain(applied.branch_names(STUDY_CONFIG, READING))"},
    "classifiers": {"": "CLASSIFIERS"},
    "calibration": {"": "plain(STUDY_CONFIG.get('calibration'))"},
    "chunk": {"": "simulated_chunk"},
    "contestant": {"": "CONTESTANT"},
    "entries": {"": "CONTEST_RUNS"},
    "first": {
        "": "next(iter(CONTEST), '')",
        "propose": "plain(search.base_values(STUDY_CONFIG))",
    },
    "searched": {"": "plain(STUDY_CONFIG['optimise']['keys'])"},
    "sampler": {"": "SEARCH.sampler"},
    "last": {"": "len(RUNGS) - 1"},
    "trial": {"": "trial"},
    "trials": {"": "lambda wildcards: RUNGS[int(wildcards.rung)].trials"},
    "epochs": {"": "lambda wildcards: RUNGS[int(wildcards.rung)].epochs"},
    "slices": {"": "plain(contest.slices(CONTEST))"},
    "variables": {"": "plain(VARIED)"},
    "class_count": {"": "len(NETWORK_CLASSES)"},
    "classes": {
        "": "CLASSES",
        **dict.fromkeys(
            (
                *("average_pictures", "balance", "baseline", "check", "contest", "encode"),
                *("inputs", "reconstruction"),
            ),
            "EVENT_CLASSES",
        ),
        **dict.fromkeys(("checkpoint_model", "predict", "predict_hits"), "NETWORK_CLASSES"),
    },
    "axes": {"": "plain(AXES)"},
    "axis": {
        "": "plain(AXES.get('score', {}))",
        "hypotheses_summary": "plain(PARAMETER_AXIS)",
    },
    "columns": {
        "": "generator_columns(STUDY_CONFIG)",
        "data": "plain(DRAWN)",
        "generator_weights_files": "plain(generator_columns(STUDY_CONFIG))",
    },
    "config": {"": "plain(RESULT_CONFIG)"},
    "config_seed": {"": "STUDY_CONFIG['seed']"},
    "directions": {"": "SHIFTS"},
    "duplicates": {"": "APPLY.duplicates"},
    "ensemble": {
        "": "EXPORT.ensemble",
        "data": "ENSEMBLE",
    },
    "definition": {"": "FOM.definition if SIGNAL else None"},
    "file": {"": "lambda wildcards: APPLIED[wildcards.applied]"},
    "features": {
        "": "UNITS",
        "calibration": "plain(FEATURES)",
        "inputs": "plain(FEATURES)",
        "normalise": "plain(NETWORK_FEATURES)",
    },
    "files": {
        "": "plain([FILES[source] for source in SOURCES])",
        "check": "plain([own for own in FILES.values() if own['path'] not in SIMULATED])",
        "generator_weights": "lambda wildcards: [FILES[wildcards.source]]",
        "ingest": "lambda wildcards: [FILES[wildcards.source]]",
        "vary": "varied",
    },
    "fold_count": {"": "STUDY_CONFIG['folds']"},
    "folds": {
        "": "[int(fold) for fold in FOLDS]",
        "apply": "NETWORK_FOLDS",
        **dict.fromkeys(("check", "split"), "STUDY_CONFIG['folds']"),
    },
    "fom": {"": "STUDY_CONFIG['fom']"},
    "fractions": {"": "STUDY_CONFIG['split']['fractions']"},
    "hypotheses": {"": "list(PARAMETER.hypotheses) if PARAMETER else []"},
    "importance": {"": "STUDY_CONFIG['importance']"},
    "images": {
        "": "preparing('images')",
        "average_pictures": "plain(STUDY_CONFIG.get('images'))",
        "hit_baseline": "plain(next(iter(DRAWINGS.values())).config.get('images'))",
        "hits": "section('images')",
        "rasterise": "drawing",
    },
    "key": {"": "scan.split_key(STUDY_CONFIG['seed'])"},
    "kind": {"": "'{baseline}'"},
    "label": {"": "plain(PLOT_LABEL)"},
    "labels": {
        "": "plain(SPECTATOR_LABELS)",
        "calibration": "FEATURE_LABELS",
        "inputs": "FEATURE_LABELS",
    },
    "looks": {"": "plain(LOOKS)"},
    "luminosity": {"": "YIELDS.luminosity"},
    "compare": {"": "STUDY_CONFIG['compare']"},
    "missing_values": {"": "ingest_settings(STUDY_CONFIG)['missing_values']"},
    "model": {
        "": "model",
        "trial": "tried(model)",
        "contest": "setting('model')",
        "range_test": "model(FIRST)",
    },
    "node": {"": "CLASSES[POSITIVE]"},
    "normalise": {"": "preparing('normalise')"},
    "on_defect": {"": "STUDY_CONFIG['input']['on_defect']"},
    "positive": {"": "POSITIVE"},
    "range_test": {"": "STUDY_CONFIG['range_test']"},
    "pixels": {"": "lambda wildcards: preparing('balance')(wildcards)['pixels']"},
    "replaced": {"": "[bool(own) for own in OWN_FILES.values()]"},
    "reading": {"": "reading", "encode": "plain(reading_settings(STUDY_CONFIG))"},
    "run_seed": {"": "run_seed"},
    "runs": {"": "RUNS", "apply": "RUNS if ENSEMBLE else None", "check": "len(RUNS)"},
    "points": {"": "len(NAMES)", "propose": "SEARCH.points"},
    "simulated": {"": "list(SIMULATED)"},
    "scanned": {"": "chosen_first(point_keys)"},
    "score_folds": {"": "[int(scored['fold']) for scored in CLASSIFIER_RUNS]"},
    "scored": {"": "CLASSIFIER_RUNS"},
    "seed": {
        "": "STUDY_CONFIG['seed']",
        "calibration": "run_seed",
        "contest": "repeat_seed",
        "diagnostics": "run_seed",
        "importance": "run_seed",
        "range_test": "run_seed(FIRST)",
        "train": "run_seed",
        "trial": "tried(run_seed)",
        **dict.fromkeys(("encode", "train_transform"), "transform_seed"),
    },
    "seeds": {
        "": "lambda wildcards: {'config': STUDY_CONFIG['seed'], "
        "'transform': transform_seed(wildcards)}"
    },
    "settings": {
        "": "chosen_first(lambda: [{section: point_of(SimpleNamespace(**run)).config[section] "
        "for section in ('normalise', 'model', 'training')} for run in RUNS])",
        "apply": "plain(applied.applied_settings(READING, list(APPLY.spectators)))",
        "ingest": "ingest_settings(STUDY_CONFIG)",
        **dict.fromkeys(("check", "ingest_files"), "plain(ingest_settings(STUDY_CONFIG))"),
        "simulate": "SIMULATE",
        "vary": "shifted",
    },
    "signal": {"": "SIGNAL", "data": "CLASSES.index(SIGNAL) if SIGNAL else None"},
    "spectators": {
        "": "plain(STUDY_CONFIG['columns']['spectators'])",
        "cross_sculpting": "plain(STUDY_CONFIG['sculpting'])",
        "sculpting": "plain(STUDY_CONFIG['sculpting'])",
    },
    "steps": {"": "ALL_STEPS"},
    "study": {"": "STUDY"},
    "sums": {
        "": "[len(generator_sums_of(source)) for source in SOURCES]",
        "check": "[dict.fromkeys(STUDY_CONFIG['processes'], 1.0)]",
        "ingest": "lambda wildcards: [len(generator_sums(wildcards))]",
        "vary": "lambda wildcards: [len(own) for own in varied_sums(wildcards)]",
    },
    "threads": {
        "": "training_threads",
        **dict.fromkeys(("apply", "vary"), "STUDY_CONFIG['training']['threads']"),
        "contest": "STUDY_CONFIG['contest']['threads']",
    },
    "title": {
        "": "plain(TITLES['fom'])",
        "cross_sculpting": "plain(TITLES['sculpting'])",
        "data": "plain(TITLES['data'])",
        "sculpting": "plain(TITLES['sculpting'])",
        "range_test": "''",
        "roc": "plain(TITLES['roc'])",
    },
    "titles": {
        "": "{name: TITLES[name] for name in ('scores', 'confusion')}",
        "diagnostics": "{name: TITLES[name] for name in ('history', 'scores', 'confusion')}",
        "inputs": "{name: TITLES[name] for name in ('inputs', 'correlations')}",
    },
    "tree": {"": "plain(APPLY.tree)"},
    "systematic": {"": "plain(FOM.systematic)"},
    "training": {
        "": "section('training')",
        "contest": "setting('training')",
        "range_test": "section('training')(FIRST)",
        "trial": "tried(section('training'))",
    },
    "transform": {"": "transforming"},
    "transform_folds": {
        "": "chosen_first(lambda: [int(fold) for _ in [*used('preparation'), *used('transform')] "
        "for fold in FOLDS])"
    },
    "yields": {
        "": "joined_yield_settings(STUDY_CONFIG)",
        **dict.fromkeys(
            ("data", "variations"),
            "joined_yield_settings(STUDY_CONFIG) if len(FOLDS) > 1 else "
            "yield_settings(STUDY_CONFIG)",
        ),
        "fom": "yield_settings(STUDY_CONFIG)",
        "hypotheses": "yield_settings(STUDY_CONFIG)",
        "sculpting": "yield_settings(STUDY_CONFIG)",
    },
}


ALL_RULES = all_rules()
# where files lie whose stage a helper adds
SEEN = r'\b(seen|trained_on|labels|anomaly)\("(\w+)"\)'
# constants that name a folder
FOLDERS = {
    "{PREPARED}": "prepare",
    "{CONTEST_PREPARED}": "prepare",
    "{TRANSFORMED}": "transform",
}
STAGES = {
    "sources": "ingest",
    "of_joined": "cross",
    "prepared": "prepare",
    "untransformed": "prepare",
    "encoded": "transform",
    "of_preparations": "prepare",
    "of_transforms": "transform",
}


def _named(rule, section):
    """Return what a section of a rule gives by name, as text."""
    found = re.search(rf"^    {section}:\n((?:        .*\n)*)", ALL_RULES[rule], re.MULTILINE)
    parts = re.split(r"^        (\w+)=", found[1] if found else "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _flow(rule, section):
    """Return name → `stage/file` of the inputs or outputs of a rule."""
    flow = {}
    for name, given in _named(rule, section).items():
        paths = given.split("caption=")[0]
        files = []
        for helper, path in re.findall(rf'(?:\b({"|".join(STAGES)})\()?f?"([^"]*\.\w+)"', paths):
            parts = re.sub(r"^results/[^/]*/", "", path)
            for constant, folder in FOLDERS.items():
                parts = parts.replace(constant, folder)
            parts = parts.split("/")
            files.append(f"{STAGES.get(helper, parts[0])}/{parts[-1]}")
        files += [f"prepare/{'.'.join(own)}" for own in re.findall(SEEN, paths)]
        files += ["prepare/transformed"] if "transformed()" in paths else []
        flow[name] = ",".join(files) or "-"
    return flow


@pytest.mark.parametrize("rule", sorted(ALL_RULES))
def test_a_name_stands_for_the_file_that_it_says(rule):
    for section in ("input", "output"):
        expected = dict(pair.split("=") for pair in FLOWS.get((rule, section), "").split())
        assert _flow(rule, section) == expected


@pytest.mark.parametrize("rule", sorted(ALL_RULES))
def test_a_param_is_what_its_name_says(rule):
    for name, given in _named(rule, "params").items():
        if name not in ("code", "marks"):
            found = ast.unparse(ast.parse(f"({given.strip().rstrip(',')})", mode="eval"))
            assert found == PARAMS[name].get(rule, PARAMS[name][""]), name


@pytest.mark.parametrize("rule", sorted(path.stem for path in SCRIPTS.glob("*.py")))
def test_a_script_finds_the_resources_that_it_reads(rule):
    text = (SCRIPTS / f"{rule}.py").read_text()
    read = set(re.findall(r"snakemake\.resources\.(\w+)", text))
    if "asked" in text and "snakemake.resources" in text:
        read |= set(re.findall(r"\basked\.(\w+)", text))
    assert set(_named(rule, "resources")) == read


# what an input holds one file for: all runs, all that gives scores, folds, …
LISTS = {
    "compare": {
        "passports": "of_runs",
        "timings": "of_runs",
        "histories": "of_runs",
        "rocs": "of_classifiers",
        "foms": "of_classifiers",
        "groups": "of_classifiers",
    },
    "best": {"models": "of_runs", "networks": "of_runs", "passports": "of_runs"},
    "cross": {"scores": "FOLDS"},
    "cross_yields": {"yields": "FOLDS"},
    "ensemble": {"scores": "REPLICAS"},
    "variations": {
        "shifted": "SHIFTS",
        "scores": "of_joined of_classifiers",
        "foms": "of_joined of_classifiers",
        "bins": "of_joined of_classifiers",
    },
    "export_table": {"foms": "of_runs"},
    "hypotheses_summary": {"tables": "of_runs"},
    "importance_summary": {"tables": "RUNS"},
    "tradeoff": {"rocs": "of_classifiers", "distances": "of_classifiers"},
    "ledger": {"transforms": "of_preparations of_transforms", "scores": "of_classifiers"},
    "report": {
        "balances": "of_preparations",
        "foms": "of_classifiers",
        "fom_curves": "of_classifiers",
        "joined_fom_curves": "of_joined",
        "rocs": "of_classifiers",
        "yields": "of_classifiers",
        "roc_figures": "of_classifiers",
        "fom_figures": "of_classifiers",
        "binned_figures": "of_classifiers",
        "overtraining": "of_runs",
        "score_figures": "of_runs",
        "node_figures": "of_runs",
        "joined_node_figures": "of_joined",
        "confusion_figures": "of_runs",
        "history_figures": "of_runs",
        "sculpting_figures": "of_classifiers",
        "joined_sculpting_figures": "of_joined",
        "sums": "of_runs",
        "entropies": "of_runs",
        "sums_figures": "of_runs",
        "efficiency_figures": "of_runs",
        "reliability_figures": "of_runs",
        "truth_figures": "of_runs",
        "distribution_figures": "of_runs",
    },
}


@pytest.mark.parametrize("rule", LISTS)
def test_an_input_holds_a_file_for_each_that_a_script_pairs_it_with(rule):
    for name, lists in LISTS[rule].items():
        given = _named(rule, "input")[name]
        found = re.findall(r"\bof_\w+|(?:(?<=\bin )|(?<==))[A-Z]+\b(?!\[)", given)
        assert " ".join(found) == lists, name


@pytest.mark.parametrize(("alone", "batch"), [("ingest", "ingest_files"),
                         ("generator_weights", "generator_weights_files")])  # fmt: skip
def test_input_files_are_marked_and_their_sums_asked_for(alone, batch):
    """Snakemake looks at dates alone: a mark reruns for an older file, too."""
    given = [" ".join(_named(rule, "input")[name].split()) for rule, name in (
        (alone, "file"), (batch, "files"))]  # fmt: skip
    assert given == [
        "lambda wildcards: at_hand(wildcards.source),",
        "at_hand(*SOURCES),",
    ]
    marks = [_named(rule, "params")["marks"].strip() for rule in (alone, batch)]
    assert marks == ["marked(),", "marked(*SOURCES),"]
    if alone == "ingest":
        assert _named(alone, "input")["sums"].strip() == "generator_sums,"
        assert " ".join(_named(batch, "input")["sums"].split()) == (
            "[path for source in SOURCES for path in generator_sums_of(source)],"
        )
