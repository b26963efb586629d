"""The house: what reruns what, envs that hold just what scripts import, lock files."""

import ast
import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rules import all_rules
from winnow.study import code
from winnow.study.choices import (
    CONTESTANTS,
    FAMILIES,
    FORMATS,
    PICTURES,
    SIMULATORS,
    STEPS,
    dotted,
    names,
)
from winnow.study.code import code_hash, modules

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
RULES = sorted(path.stem for path in SCRIPTS.glob("*.py"))

# What an edit of a module reruns; a module that every script imports reruns everything.
RERUNS = {
    "columns": set(RULES) - {"collect"},
    "contest.contestants.boosting": {"contest"},
    "contest.contestants.keras": {"contest"},
    "contest.contestants.pytorch": {"contest"},
    "contest.contestants.scikit_learn": {"contest"},
    "contest.contestants.tmva": {"contest"},
    "contest.contestants.winnow": {"contest"},
    "contest.convergence": {"contest"},
    "contest.cost": {"contest"},
    "contest.run": {"contest"},
    "contest.task": {"contest"},
    "errors": set(RULES),
    "events.chunks": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.columns_seen": set(),
    "events.cutflow": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.defects": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.first_look": {"check"},
    "events.formats.csv": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.formats.hdf5": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.formats.npz": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.formats.parquet": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.formats.root": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.generator_weights": {"generator_weights"},
    "events.headers": set(),
    "events.heaps": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.ingest": {"apply", "check", "ingest", "vary"},
    "events.ledger": {"ledger"},
    "events.numbers": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.objects": {"apply", "check", "ingest", "vary"},
    "events.plan": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.processes": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.reader": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.readers": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.roles": {"apply", "check", "ledger", "split", "vary"},
    "events.settings": {"apply", "check", "generator_weights", "ingest", "vary"},
    "events.shifted": {"vary"},
    "events.split": {"check", "split", "vary"},
    "events.starter": set(),
    "events.values": {"apply", "check", "generator_weights", "ingest", "vary"},
    "figures.binned": {"fom"},
    "figures.class_sums": {"calibration"},
    "figures.compare": {"compare"},
    "figures.confusion": {"cross_scores", "diagnostics"},
    "figures.contest_roc": {"contest_summary"},
    "figures.contest_scan": {"contest_summary"},
    "figures.correlations": {"inputs"},
    "figures.data": {"data"},
    "figures.displays": {"hits"},
    "figures.distributions": {"calibration"},
    "figures.efficiencies": {"calibration"},
    "figures.evolution": {"compare"},
    "figures.filters": {"filters"},
    "figures.fom": {"fom"},
    "figures.history": {"diagnostics"},
    "figures.hits": {"hits"},
    "figures.hypotheses": {"hypotheses_summary"},
    "figures.importance": {"importance_summary"},
    "figures.inputs": {"inputs"},
    "figures.nodes": {"cross_scores", "diagnostics"},
    "figures.pareto": {"contest_summary"},
    "figures.parts": {
        "calibration",
        "choose",
        "compare",
        "contest_summary",
        "cross_scores",
        "data",
        "diagnostics",
        "fom",
        "hypotheses_summary",
        "inputs",
        "reconstruction",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
    },
    "figures.pictures": {"average_pictures"},
    "figures.range_test": {"range_test"},
    "figures.reconstruction": {"reconstruction"},
    "figures.reliability": {"calibration"},
    "figures.roc": {"roc"},
    "figures.scales": {"choose", "compare"},
    "figures.scores": {"cross_scores", "diagnostics"},
    "figures.sculpting": {"sculpting"},
    "figures.search": {"choose"},
    "figures.style": {
        "average_pictures",
        "calibration",
        "choose",
        "compare",
        "contest_summary",
        "cross_scores",
        "data",
        "diagnostics",
        "filters",
        "fom",
        "hits",
        "hypotheses_summary",
        "importance_summary",
        "inputs",
        "range_test",
        "reconstruction",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
    },
    "figures.tradeoff": {"tradeoff"},
    "figures.truth": {"calibration"},
    "figures.variations": {"variations"},
    "history": {"checkpoint_model", "contest", "diagnostics", "encode", "trial"},
    "identity": {
        "apply",
        "balance",
        "calibration",
        "check",
        "checkpoint_model",
        "choose",
        "compare",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "fom",
        "generator_weights",
        "hypotheses",
        "importance",
        "importance_summary",
        "ingest",
        "ledger",
        "normalise",
        "predict",
        "predict_hits",
        "promote",
        "propose",
        "range_test",
        "report",
        "sculpting",
        "simulate",
        "split",
        "tradeoff",
        "train",
        "train_transform",
        "trial",
        "variations",
        "vary",
    },
    "job": set(RULES),
    "networks.autoencoder": {
        "apply",
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "train_transform",
        "vary",
    },
    "networks.batches": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.build": {
        "apply",
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.devices": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.families.convolutional": {
        "apply",
        "checkpoint_model",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "trial",
        "vary",
    },
    "networks.families.dense": {
        "apply",
        "checkpoint_model",
        "contest",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "trial",
        "vary",
    },
    "networks.families.residual": {
        "apply",
        "checkpoint_model",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "trial",
        "vary",
    },
    "networks.families.unet": {
        "apply",
        "checkpoint_model",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "trial",
        "vary",
    },
    "networks.hidden": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.layers": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.lean": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.members": {"export_c", "export_onnx"},
    "networks.onnx_names": {
        "apply",
        "checkpoint_model",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "networks.onnx_network": {"checkpoint_model", "export_onnx"},
    "networks.onnx_scorer": {
        "apply",
        "checkpoint_model",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "networks.operations": {"checkpoint_model", "export_c", "export_onnx"},
    "networks.outputs": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.passport": {
        "apply",
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "networks.proof": {
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
    },
    "networks.scorer": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "networks.targets": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "export_scores",
        "export_table",
        "hit_baseline",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "networks.versions": {"checkpoint_model", "encode", "train", "train_transform", "trial"},
    "networks.weights": {"filters"},
    "output.c_activations": {"export_c"},
    "output.c_code": {"export_c"},
    "output.c_compiled": {"export_c"},
    "output.c_preparation": {"export_c"},
    "output.c_text": {"export_c"},
    "output.calibration_part": {"report"},
    "output.cut_slider": {"report"},
    "output.friends": {"apply"},
    "output.headline": {"report"},
    "output.onnx_model": {"export_onnx"},
    "output.onnx_preparation": {"export_onnx"},
    "output.page": {"report"},
    "output.page_html": {"report"},
    "output.page_tables": {"report"},
    "output.page_words": {"report"},
    "output.paper": {"paper", "report"},
    "output.provenance": {"report"},
    "output.tutorial_files": {"export_scores", "export_table"},
    "output.verdict": {"report"},
    "output.workspace": {"workspace"},
    "preparation.arrays": {
        "apply",
        "checkpoint_model",
        "encode",
        "hypotheses",
        "ledger",
        "normalise",
        "vary",
    },
    "preparation.balance": {"balance", "check"},
    "preparation.folds": {
        "apply",
        "balance",
        "baseline",
        "calibration",
        "check",
        "checkpoint_model",
        "contest",
        "cross",
        "encode",
        "ensemble",
        "hit_baseline",
        "hypotheses",
        "ledger",
        "normalise",
        "pictures",
        "pixel_classes",
        "predict",
        "predict_hits",
        "range_test",
        "reconstruction",
        "split",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "preparation.neighbours": {"hit_baseline"},
    "preparation.normalise.apply": {
        "apply",
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "importance_summary",
        "normalise",
        "pictures",
        "pixel_classes",
        "predict",
        "predict_hits",
        "vary",
    },
    "preparation.normalise.features": {"checkpoint_model", "encode", "normalise"},
    "preparation.normalise.fit": {"normalise"},
    "preparation.normalise.fitting": {"normalise"},
    "preparation.normalise.joint": {"normalise"},
    "preparation.normalise.steps.decorrelate": {"normalise"},
    "preparation.normalise.steps.log": {"normalise"},
    "preparation.normalise.steps.minmax": {"normalise"},
    "preparation.normalise.steps.pca": {"normalise"},
    "preparation.normalise.steps.quantile": {"normalise"},
    "preparation.normalise.steps.robust": {"normalise"},
    "preparation.normalise.steps.standard": {"normalise"},
    "preparation.parameter": {"balance", "checkpoint_model", "hypotheses", "normalise"},
    "preparation.picture_arrays": {"pictures", "pixel_classes"},
    "preparation.pictures.hits": {
        "average_pictures",
        "hit_baseline",
        "hits",
        "pictures",
        "pixel_classes",
        "predict_hits",
        "rasterise",
    },
    "preparation.pictures.jets": {
        "average_pictures",
        "hit_baseline",
        "hits",
        "pictures",
        "pixel_classes",
        "predict_hits",
        "rasterise",
    },
    "preparation.planing": {"balance", "check"},
    "preparation.rasterise": {"average_pictures", "hit_baseline", "predict_hits", "rasterise"},
    "preparation.sparse": {
        "average_pictures",
        "hit_baseline",
        "hits",
        "pictures",
        "pixel_classes",
        "predict_hits",
        "rasterise",
    },
    "preparation.values": {
        "balance",
        "calibration",
        "check",
        "checkpoint_model",
        "compare",
        "contest",
        "cross_scores",
        "data",
        "diagnostics",
        "encode",
        "fom",
        "hits",
        "hypotheses",
        "importance",
        "importance_summary",
        "inputs",
        "normalise",
        "reconstruction",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "record": set(RULES),
    "remote": {"apply", "check", "generator_weights", "ingest", "vary"},
    "seal": set(RULES),
    "simulation.checks": set(),
    "simulation.collect": {"collect"},
    "simulation.frames": {"collect", "simulate"},
    "simulation.gaussians": {"simulate"},
    "simulation.hits": {"simulate"},
    "simulation.hits_particles": {"simulate"},
    "simulation.jets": {"simulate"},
    "simulation.jets_cascade": {"simulate"},
    "simulation.jets_detector": {"simulate"},
    "simulation.kinematics": {"simulate"},
    "simulation.samples": {"simulate"},
    "simulation.simulators.gaussians": {"simulate"},
    "simulation.simulators.hits": {"simulate"},
    "simulation.simulators.jets": {"simulate"},
    "simulation.simulators.stop": {"simulate"},
    "simulation.simulators.tracks": {"simulate"},
    "simulation.stop_detector": {"simulate"},
    "simulation.stop_kinematics": {"simulate"},
    "simulation.stop_processes": {"simulate"},
    "simulation.tracks": {"simulate"},
    "statistics.average_pictures": {"average_pictures"},
    "statistics.binned": {"fom"},
    "statistics.binning": {"fom", "hypotheses", "variations"},
    "statistics.bootstrap": {"fom", "hypotheses", "variations"},
    "statistics.calibration": {"calibration"},
    "statistics.choice": {
        "apply",
        "best",
        "compare",
        "data",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "paper",
        "report",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.compare": {"compare", "tradeoff"},
    "statistics.contest": {"contest", "contest_summary"},
    "statistics.counting": {
        "compare",
        "contest",
        "data",
        "diagnostics",
        "fom",
        "hypotheses",
        "importance",
        "importance_summary",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.cross": {"cross_yields"},
    "statistics.diagnostics": {"cross_scores", "diagnostics", "hits", "roc"},
    "statistics.displays": {"hits"},
    "statistics.efficiency": {
        "calibration",
        "compare",
        "contest",
        "data",
        "diagnostics",
        "fom",
        "hypotheses",
        "importance",
        "importance_summary",
        "report",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.evolution": {"compare"},
    "statistics.fom": {"fom", "hypotheses"},
    "statistics.fom_groups": {"compare", "fom", "tradeoff"},
    "statistics.fom_settings": {"fom", "hypotheses", "variations"},
    "statistics.fom_warnings": {"fom"},
    "statistics.heavy": {"fom"},
    "statistics.histograms": {
        "calibration",
        "compare",
        "contest",
        "cross_scores",
        "data",
        "diagnostics",
        "encode",
        "fom",
        "hits",
        "hypotheses",
        "importance",
        "importance_summary",
        "inputs",
        "reconstruction",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.hit_accuracy": {"hits"},
    "statistics.hits": {"hit_baseline", "predict_hits"},
    "statistics.hypotheses": {"hypotheses"},
    "statistics.hypothesis_means": {"hypotheses", "hypotheses_summary"},
    "statistics.importance": {"importance", "importance_summary"},
    "statistics.input_tables": {"inputs"},
    "statistics.judged": {"calibration"},
    "statistics.kinds": {
        "compare",
        "data",
        "fom",
        "hypotheses",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.likelihood": {"fom"},
    "statistics.merit": {"compare", "fom", "hypotheses", "tradeoff", "variations"},
    "statistics.mixed_samples": {
        "compare",
        "data",
        "fom",
        "hypotheses",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "statistics.observed": {"data", "variations"},
    "statistics.overtraining": {"diagnostics"},
    "statistics.parts": {
        "compare",
        "contest",
        "cross_scores",
        "diagnostics",
        "hits",
        "hypotheses",
        "importance",
        "importance_summary",
        "roc",
        "tradeoff",
    },
    "statistics.reconstruction": {"encode", "reconstruction"},
    "statistics.roc": {
        "compare",
        "contest",
        "diagnostics",
        "hypotheses",
        "importance",
        "importance_summary",
        "roc",
        "tradeoff",
    },
    "statistics.score_reader": {
        "calibration",
        "cross_scores",
        "data",
        "diagnostics",
        "fom",
        "roc",
        "sculpting",
        "variations",
    },
    "statistics.scores": {"baseline", "contest", "cross", "ensemble", "predict"},
    "statistics.sculpting": {"sculpting"},
    "statistics.search": {"choose", "promote", "propose", "report"},
    "statistics.selection": {"compare", "fom", "hypotheses", "tradeoff", "variations", "workspace"},
    "statistics.significance": {"compare", "fom", "hypotheses", "tradeoff", "variations"},
    "statistics.tradeoff": {"tradeoff"},
    "statistics.variations": {"variations"},
    "statistics.yields": {
        "compare",
        "data",
        "fom",
        "hypotheses",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "storage": set(RULES),
    "study.applied": set(),
    "study.calibration_checks": set(),
    "study.catalogue": set(),
    "study.checks": set(),
    "study.choices": {
        "apply",
        "average_pictures",
        "check",
        "checkpoint_model",
        "choose",
        "compare",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "export_scores",
        "export_table",
        "generator_weights",
        "hit_baseline",
        "hits",
        "hypotheses",
        "importance",
        "ingest",
        "normalise",
        "pictures",
        "pixel_classes",
        "predict",
        "predict_hits",
        "promote",
        "propose",
        "range_test",
        "rasterise",
        "report",
        "simulate",
        "tradeoff",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "study.classes": {
        "apply",
        "check",
        "compare",
        "fom",
        "generator_weights",
        "hypotheses",
        "ingest",
        "tradeoff",
        "variations",
        "vary",
        "workspace",
    },
    "study.code": set(),
    "study.contest": set(),
    "study.decorrelation_checks": set(),
    "study.expression_syntax": {"apply", "check", "generator_weights", "ingest", "vary"},
    "study.expressions": {"apply", "check", "generator_weights", "ingest", "vary"},
    "study.files": {"apply", "check", "generator_weights", "ingest", "vary"},
    "study.image_checks": set(),
    "study.key_table": set(),
    "study.keys.apply": set(),
    "study.keys.balance": {"balance", "check"},
    "study.keys.bounds": {
        "apply",
        "average_pictures",
        "balance",
        "calibration",
        "check",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "fom",
        "hit_baseline",
        "hits",
        "hypotheses",
        "importance",
        "normalise",
        "pictures",
        "pixel_classes",
        "predict",
        "predict_hits",
        "range_test",
        "rasterise",
        "simulate",
        "train",
        "train_transform",
        "trial",
        "variations",
        "vary",
    },
    "study.keys.calibration": {"calibration"},
    "study.keys.compare": {"compare"},
    "study.keys.contest": set(),
    "study.keys.export": set(),
    "study.keys.fom": {"fom", "hypotheses", "variations"},
    "study.keys.hardware": set(),
    "study.keys.images": {
        "average_pictures",
        "hit_baseline",
        "hits",
        "pictures",
        "pixel_classes",
        "predict_hits",
        "rasterise",
    },
    "study.keys.importance": {"importance"},
    "study.keys.model": {
        "apply",
        "checkpoint_model",
        "choose",
        "compare",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "export_scores",
        "export_table",
        "hit_baseline",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "promote",
        "propose",
        "range_test",
        "report",
        "tradeoff",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "study.keys.normalise": {"export_scores", "export_table", "normalise"},
    "study.keys.optimise": set(),
    "study.keys.parameter": {"hypotheses"},
    "study.keys.plot_axes": {
        "calibration",
        "compare",
        "contest",
        "cross_scores",
        "data",
        "diagnostics",
        "encode",
        "fom",
        "hits",
        "hypotheses",
        "importance",
        "importance_summary",
        "inputs",
        "reconstruction",
        "roc",
        "sculpting",
        "tradeoff",
        "variations",
        "workspace",
    },
    "study.keys.plots": set(),
    "study.keys.range_test": {"range_test"},
    "study.keys.simulate": {"simulate"},
    "study.keys.split": set(),
    "study.keys.training": {
        "apply",
        "checkpoint_model",
        "contest",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "range_test",
        "train",
        "train_transform",
        "trial",
        "vary",
    },
    "study.keys.transform": {
        "apply",
        "checkpoint_model",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "train_transform",
        "vary",
    },
    "study.keys.yields": set(),
    "study.label_checks": set(),
    "study.lines": set(),
    "study.lists": {
        "apply",
        "average_pictures",
        "check",
        "generator_weights",
        "hit_baseline",
        "hits",
        "ingest",
        "pictures",
        "pixel_classes",
        "predict_hits",
        "rasterise",
        "vary",
    },
    "study.looks": set(),
    "study.machine": {"range_test", "train", "train_transform", "trial"},
    "study.memory": set(),
    "study.model_checks": set(),
    "study.name_checks": set(),
    "study.operations": {"apply", "check", "generator_weights", "ingest", "vary"},
    "study.parameter_checks": set(),
    "study.planning": set(),
    "study.process_checks": set(),
    "study.reading": set(),
    "study.sample_checks": set(),
    "study.sampling": {"propose"},
    "study.scan": {"choose", "compare", "promote", "propose", "report", "tradeoff"},
    "study.schema": set(),
    "study.search": set(),
    "study.search_checks": set(),
    "study.sections": set(),
    "study.simulation_plan": set(),
    "study.space": {"propose"},
    "study.step_checks": set(),
    "study.transform_checks": set(),
    "study.typed": {
        "apply",
        "average_pictures",
        "balance",
        "calibration",
        "check",
        "checkpoint_model",
        "choose",
        "compare",
        "contest",
        "cross_scores",
        "data",
        "diagnostics",
        "encode",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "export_scores",
        "export_table",
        "fom",
        "hit_baseline",
        "hits",
        "hypotheses",
        "importance",
        "importance_summary",
        "inputs",
        "normalise",
        "pictures",
        "pixel_classes",
        "predict",
        "predict_hits",
        "promote",
        "propose",
        "range_test",
        "rasterise",
        "reconstruction",
        "report",
        "roc",
        "sculpting",
        "simulate",
        "tradeoff",
        "train",
        "train_transform",
        "trial",
        "variations",
        "vary",
        "workspace",
    },
    "study.variation_checks": set(),
    "study.variations": set(),
    "study.wildcards": {
        "apply",
        "check",
        "choose",
        "compare",
        "generator_weights",
        "ingest",
        "promote",
        "propose",
        "report",
        "tradeoff",
        "vary",
    },
    "tables": set(RULES) - {"best", "collect", "filters"},
    "training.attempt": {"train", "train_transform", "trial"},
    "training.augmentation": {"contest", "range_test", "train", "train_transform", "trial"},
    "training.bar": set(),
    "training.baselines": {"baseline", "contest", "hit_baseline"},
    "training.batch_statistics": {"contest", "train", "train_transform", "trial"},
    "training.checkpoint": {"checkpoint_model", "encode"},
    "training.committee": {"apply", "vary"},
    "training.decorrelation": {"contest", "range_test", "train", "train_transform", "trial"},
    "training.encoding": {"checkpoint_model", "encode"},
    "training.evaluation": {
        "checkpoint_model",
        "contest",
        "encode",
        "range_test",
        "train",
        "train_transform",
        "trial",
    },
    "training.exported": {"export_c", "export_keras", "export_onnx", "export_saved_model"},
    "training.gpus": {"range_test", "train", "train_transform", "trial"},
    "training.keras_export": {"export_keras", "export_saved_model"},
    "training.layout": {
        "checkpoint_model",
        "contest",
        "encode",
        "range_test",
        "train",
        "train_transform",
        "trial",
    },
    "training.lease": {"contest", "train", "train_transform", "trial"},
    "training.loop": {"contest", "train", "train_transform", "trial"},
    "training.loss": {
        "checkpoint_model",
        "contest",
        "encode",
        "range_test",
        "train",
        "train_transform",
        "trial",
    },
    "training.optimizers": {"contest", "range_test", "train", "train_transform", "trial"},
    "training.prepared": {"train", "trial"},
    "training.progress": {"contest", "train", "train_transform", "trial"},
    "training.range_test": {"range_test"},
    "training.restore": {
        "apply",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "training.resume": {"train", "train_transform", "trial"},
    "training.run": {"contest", "train", "train_transform", "trial"},
    "training.schedules": {"contest", "range_test", "train", "train_transform", "trial"},
    "training.scoring": {
        "apply",
        "export_c",
        "export_keras",
        "export_onnx",
        "export_saved_model",
        "hypotheses",
        "importance",
        "predict",
        "predict_hits",
        "vary",
    },
    "training.serving": {"checkpoint_model"},
    "training.state": {"contest", "train", "train_transform", "trial"},
    "training.steps": {"contest", "range_test", "train", "train_transform", "trial"},
    "training.tensorboard": set(),
    "training.train": {"contest", "train", "train_transform", "trial"},
    "training.trial": {"trial"},
    "training.windows": {
        "checkpoint_model",
        "contest",
        "encode",
        "range_test",
        "train",
        "train_transform",
        "trial",
    },
    "verify": set(),
}


# rule → what of it the config chooses by name
CHOOSING = {
    "average_pictures": (PICTURES,),
    "hit_baseline": (PICTURES,),
    "hits": (PICTURES,),
    "pictures": (PICTURES,),
    "pixel_classes": (PICTURES,),
    "predict_hits": (FAMILIES, PICTURES),
    "rasterise": (PICTURES,),
    "apply": (FAMILIES, FORMATS),
    "check": (FORMATS,),
    "checkpoint_model": (FAMILIES,),
    "contest": (CONTESTANTS,),
    "export_c": (FAMILIES,),
    "export_keras": (FAMILIES,),
    "export_onnx": (FAMILIES,),
    "export_saved_model": (FAMILIES,),
    "generator_weights": (FORMATS,),
    "hypotheses": (FAMILIES,),
    "importance": (FAMILIES,),
    "ingest": (FORMATS,),
    "normalise": (STEPS,),
    "predict": (FAMILIES,),
    "range_test": (FAMILIES,),
    "simulate": (SIMULATORS,),
    "train": (FAMILIES,),
    "trial": (FAMILIES,),
    "vary": (FAMILIES, FORMATS),
}


def _offered(rule):
    return tuple(dotted(own, name) for own in CHOOSING.get(rule, ()) for name in names(own))


@pytest.mark.parametrize("module", sorted(RERUNS))
def test_an_edit_of_a_module_reruns_the_rules_that_use_it(module):
    path = SCRIPTS / "winnow" / f"{module.replace('.', '/')}.py"
    entering = {
        rule: modules(SCRIPTS / f"{rule}.py", code.NEUTRAL, _offered(rule)) for rule in RULES
    }
    assert {rule for rule in RULES if path in entering[rule]} == RERUNS[module]


def test_a_rule_hashes_what_its_config_chooses():
    told = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    given = dict(re.findall(r'code\("(\w+)", chosen=(\w+)', told))
    helpers = {
        (FAMILIES,): {"family", "families", "tried_family"},
        (FORMATS,): {"formats"},
        (SIMULATORS,): {"simulator"},
        (STEPS,): {"steps"},
        (FAMILIES, FORMATS): {"applied_modules", "formats_and_families"},
        (FAMILIES, PICTURES): {"family_and_picture"},
        (PICTURES,): {"picture"},
        (CONTESTANTS,): {"contestant"},
    }
    assert given.keys() == CHOOSING.keys()
    assert all(given[rule] in helpers[chosen] for rule, chosen in CHOOSING.items())


def test_every_module_is_listed_with_what_it_reruns():
    library = SCRIPTS / "winnow"
    found = {
        ".".join(path.relative_to(library).with_suffix("").parts)
        for path in library.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert found == set(RERUNS)


def test_the_code_hash_tells_modules_of_one_name_apart(tmp_path):
    helper = "def f():\n    return 1\n"
    script = write_package(tmp_path / "one", helper)
    other = write_package(tmp_path / "two", helper)
    (other.parent / "winnow" / "room").rename(other.parent / "winnow" / "closet")
    middle = other.parent / "winnow" / "middle.py"
    middle.write_text(middle.read_text().replace("room", "closet"))
    names = [path.relative_to(script.parent).as_posix() for path in modules(script)]
    places = ("__init__", "middle", "room/__init__", "room/helper")
    assert names == [f"winnow/{place}.py" for place in places]
    assert code_hash(script) != code_hash(other)


def test_an_import_of_no_module_is_told(tmp_path):
    script = write_package(tmp_path, "f = 1\n")
    script.write_text("from winnow.room import nothing\n")
    with pytest.raises(FileNotFoundError, match=r"winnow\.room\.nothing"):
        modules(script)


def write_package(folder, helper):
    room = folder / "winnow" / "room"
    room.mkdir(parents=True, exist_ok=True)
    (room.parent / "__init__.py").touch()
    (room / "__init__.py").touch()
    (room / "helper.py").write_text(helper)
    (room.parent / "middle.py").write_text("from winnow.room.helper import f\n")
    (folder / "script.py").write_text("with open('x'):\n    from winnow.middle import f\n")
    return folder / "script.py"


def test_the_code_hash_follows_relative_imports(tmp_path):
    hashes = []
    for number, value in enumerate((1, 2)):
        folder = tmp_path / str(number)
        script = write_package(folder, "from ..deep import f\nfrom . import beside\n")
        (folder / "winnow" / "deep.py").write_text(f"f = {value}\n")
        (folder / "winnow" / "room" / "beside.py").write_text("g = 1\n")
        found = {path.name for path in modules(script)}
        assert {"deep.py", "beside.py", "helper.py", "middle.py"} <= found
        hashes.append(code_hash(script))
    assert hashes[0] != hashes[1]


def test_the_code_hash_sees_code_and_not_comments(tmp_path):
    hashes = []
    for number, helper in enumerate(
        [
            '"""One."""\ndef f():\n    """Do."""\n    return 1\n',
            '"""Two."""\n# why\ndef f():\n    """Done."""\n    return 1\n',
            '"""One."""\ndef f():\n    """Do."""\n    return 2\n',
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        hashes.append(code_hash(write_package(folder, helper)))
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_code_hash_is_one_whatever_the_version_of_python(tmp_path):
    """Python 3.12 gave functions and classes a list of type parameters, 3.13 dumps no empty one."""
    helper = (
        "class A:\n    pass\n\n\ndef f(x, *, y=None):\n    return f'{x!r:>3}', b'', y or [1.5]\n"
    )
    script = write_package(tmp_path, helper)
    assert code_hash(script) == "daedd7914e36d3f1"
    tree = ast.parse(helper)
    written = code._written(tree)
    for node in tree.body:
        type_fields = (*type(node)._fields, "type_params")
        newer = type(type(node).__name__, (type(node),), {"_fields": type_fields})
        node.__class__ = newer
        node.type_params = []
    assert "type_params" in ast.dump(tree)
    assert code._written(tree) == written


def test_a_module_that_shows_progress_enters_no_hash(tmp_path):
    hashes = []
    for text in ("WORD = 'one'\n", "WORD = 'two'\n"):
        script = write_package(tmp_path / text[8:11], "f = 1\n")
        script.write_text("from winnow.middle import f\nfrom winnow.training.bar import WORD\n")
        training = script.parent / "winnow" / "training"
        training.mkdir()
        (training / "__init__.py").touch()
        (training / "bar.py").write_text(text)
        hashes.append(code_hash(script))
    assert hashes[0] == hashes[1]


def _rules():
    """Return rule → its text; a rule for batches of files runs the script of the rule for one."""
    # a rule that takes another one's script, env and code over has none of its own
    return {name: text for name, text in all_rules().items() if "script:" in text}


@pytest.mark.parametrize("name", sorted(_rules()))
def test_a_rule_runs_its_own_script_in_its_own_env_and_again_when_its_code_changes(name):
    text, rule = _rules()[name], name.removesuffix("_files")
    assert re.findall(r'"../scripts/(\w+)\.py"', text) == [rule]
    env = "contest_{CONTESTANT}" if rule == "contest" else rule
    assert re.findall(r'"../../envs/([\w{}]+)\.yaml"', text) == [env]
    assert re.findall(r'^        code=code\(\s*"(\w+)"', text, re.MULTILINE) == [rule]
    assert re.findall(r'^        f?"logs/.*\.log",$', text, re.MULTILINE)


# whose sample it is where a rule takes one alone, and does not name it
OF_ONE_SAMPLE = {
    "checkpoint_model": "validation",
    "importance": "validation",
    "range_test": "train",
}


def test_arrays_have_the_names_of_their_kinds_and_samples():
    """Features, classes and weights of two samples that change places could pass every check."""
    patterns = (
        r'^ +(\w+)=.*?(features|classes|weights|pictures|pixels)\.(\w+)\.npy"',
        r'^ +(\w+)=(seen|trained_on|labels)\("(\w+)"\)',
    )
    own = {"seen": "features", "trained_on": "features", "labels": "classes"}
    found = 0
    for rule, text in _rules().items():
        lines = itertools.chain(*(re.findall(pattern, text, re.MULTILINE) for pattern in patterns))
        for name, kind, sample in lines:
            names = {f"{own.get(kind, kind)}_{sample}"}
            names |= {sample} if rule in ("normalise", "pictures", "pixel_classes") else set()
            names |= {own.get(kind, kind)} if OF_ONE_SAMPLE.get(rule) == sample else set()
            # beside the codes that stand for them in training
            names |= {"normalised"} if (rule, kind) == ("checkpoint_model", "seen") else set()
            assert name in names, (rule, name)
            found += 1
    assert found > 30


# params that rerun a rule and that no script reads
MARKS = {"code", "marks"}


@pytest.mark.parametrize("name", sorted(_rules()))
def test_a_rule_gives_its_script_the_params_that_it_reads(name):
    section = re.search(r"^    params:\n((?:        .*\n)*)", _rules()[name], re.MULTILINE)[1]
    rule = name.removesuffix("_files")
    given = set(re.findall(r"^        (\w+)=", section, re.MULTILINE))
    read = {
        node.attr
        for node in ast.walk(ast.parse((SCRIPTS / f"{rule}.py").read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("params")
    }
    assert given - MARKS == read - {"items"}


def test_every_rule_has_a_script():
    assert sorted({name.removesuffix("_files") for name in _rules()}) == RULES
    assert {"ingest_files", "generator_weights_files"} <= _rules().keys()


def test_scripts_are_thin():
    lengths = {rule: len((SCRIPTS / f"{rule}.py").read_text().splitlines()) for rule in RULES}
    assert {rule: length for rule, length in lengths.items() if length > 50} == {}


MOST_LINES, MOST_PARAMETERS = 400, 7


def test_no_module_and_no_function_of_the_library_is_large():
    large = []
    for path in (SCRIPTS / "winnow").rglob("*.py"):
        text, name = path.read_text(), path.relative_to(SCRIPTS)
        if len(text.splitlines()) > MOST_LINES:
            large.append(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                own = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                count = len([argument for argument in own if argument.arg != "self"])
                if count > MOST_PARAMETERS:
                    large.append(f"{name}: {node.name} has {count} parameters")
    assert large == []


def test_the_library_never_imports_snakemake():
    for path in (SCRIPTS / "winnow").rglob("*.py"):
        assert "snakemake" not in _imported(path), path


# conda's name of a package, where it is not the name that is imported
CONDA_NAMES = {
    "ROOT": "root",
    "hist": "hist-base",
    "matplotlib": "matplotlib-base",
    "sklearn": "scikit-learn",
    "tables": "pytables",
    "yaml": "pyyaml",
    "torch": "pytorch",
}
# what pandas imports by itself
HDF5 = ("apply", "check", "collect", "generator_weights", "ingest", "simulate", "vary")
IMPLICIT = {rule: {"tables"} for rule in HDF5}


def _imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    return names - set(sys.stdlib_module_names) - {"winnow"}


DRAWS = {
    *("average_pictures", "calibration", "compare", "contest_summary", "cross_scores", "data"),
    *("diagnostics", "filters", "fom", "hits", "importance_summary", "inputs", "range_test"),
    *("reconstruction", "roc", "sculpting", "tradeoff", "choose", "hypotheses_summary"),
    "variations",
}
LEARNS = {
    *("checkpoint_model", "contest", "encode", "range_test", "train", "train_transform"),
    "trial",
}
# those that score do so by Keras where ONNX Runtime cannot, and import it then alone
SCORES = {"apply", "hypotheses", "importance", "predict", "predict_hits", "vary"}
EXPORTS = {"export_c", "export_keras", "export_onnx", "export_saved_model"}
# what takes long to import → the rules that reach a module with it; others start without
HEAVY = {
    "matplotlib": DRAWS,
    "mplhep": DRAWS,
    "tensorflow": LEARNS | SCORES | EXPORTS,
    "keras": LEARNS | SCORES | EXPORTS,
    "onnxruntime": SCORES | EXPORTS | {"checkpoint_model"},
    "sklearn": {"baseline", "contest", "hit_baseline"},
    "pyhf": {"workspace"},
    "jinja2": {"report"},
    "uproot": {"apply", "check", "generator_weights", "ingest", "vary", "workspace"},
    "optuna": {"propose"},
}
FILES = {
    rule: [SCRIPTS / f"{rule}.py", *modules(SCRIPTS / f"{rule}.py", chosen=_offered(rule))]
    for rule in RULES
}


@pytest.mark.parametrize("package", HEAVY)
def test_a_rule_imports_no_heavy_package_that_it_does_not_use(package):
    """What computes draws nothing, what draws and what counts learns nothing."""
    assert {r for r in RULES if any(package in _imported(f) for f in FILES[r])} == HEAVY[package]


def test_what_scores_starts_without_tensorflow():
    """Its import takes longer than to score most samples: it stands in functions alone there."""
    listed = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    for rule in ("predict", "fom"):
        tree = ast.parse((SCRIPTS / f"{rule}.py").read_text())
        own = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        text = "\n".join([*map(ast.unparse, own), listed])
        found = subprocess.run(
            [sys.executable, "-c", text], cwd=SCRIPTS, capture_output=True, text=True, check=True
        ).stdout.split()
        assert not {"tensorflow", "keras", "sklearn", "onnxruntime"} & set(found), rule
        assert ("matplotlib" in found) == (rule in DRAWS)


def _locked():
    versions = {}
    for name in ("requirements.txt", "requirements-cuda.txt"):
        for match in re.finditer(
            r"^([\w.-]+)==([\w.]+)(?: ; (.*?))? \\$", (ROOT / name).read_text(), re.MULTILINE
        ):
            if "python_full_version < '3.12'" not in (match[3] or ""):
                versions[match[1]] = match[2]
    return versions


def _env(rule):
    env = yaml.safe_load((ROOT / "envs" / f"{rule}.yaml").read_text())
    conda = dict(item.split("=") for item in env["dependencies"] if "=" in item)
    nested = [pin for item in env["dependencies"] if isinstance(item, dict) for pin in item["pip"]]
    pip = dict(pin.replace("[and-cuda]", "").split("==") for pin in nested)
    return conda, pip


# env → the script that runs in it, and the modules that it chooses: one a contestant, one a rule
ENVS = {rule: (rule, _offered(rule)) for rule in RULES if rule != "contest"} | {
    f"contest_{name}": ("contest", (dotted(CONTESTANTS, name),)) for name in names(CONTESTANTS)
}
# contestants that are no part of the workflow
ELSEWHERE = {"pytorch", "root"}


def test_there_is_one_env_per_script():
    assert sorted(path.stem for path in (ROOT / "envs").glob("*.yaml")) == sorted(ENVS)


@pytest.mark.parametrize("rule", sorted(ENVS))
def test_an_env_holds_just_what_its_script_imports_at_the_locked_version(rule):
    script, chosen = ENVS[rule]
    files = [SCRIPTS / f"{script}.py", *modules(SCRIPTS / f"{script}.py", chosen=chosen)]
    imported = set().union(*map(_imported, files)) | IMPLICIT.get(rule, set())
    conda, pip = _env(rule)
    learned = imported & {"tensorflow", "keras"}
    assert {name.removesuffix("-cpu") for name in pip} == learned
    assert set(conda) - {"python"} == {CONDA_NAMES.get(n, n) for n in imported - learned}
    locked, names = _locked(), {v: k for k, v in CONDA_NAMES.items()}
    for package, found in [*conda.items(), *pip.items()]:
        if package not in {"python", *ELSEWHERE}:
            name = package if package in locked else names[package]
            assert found == locked[name], package


@pytest.mark.parametrize("name", ["", "-test", "-cluster", "-cuda", "-site", "-uv"])
def test_requirements_are_hashed_and_name_no_host(name):
    lines = (ROOT / f"requirements{name}.txt").read_text().splitlines()
    pinned = [number for number, line in enumerate(lines) if "==" in line]
    assert pinned
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
    assert not [line for line in lines if "://" in line or line.startswith(("-i", "--index"))]


def test_tracked_text_names_no_place_of_one_machine():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pattern = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/|https?://(?:files|registry|pypi)\.")
    for name in listed:
        path = ROOT / name
        if (
            path.is_file()
            and path.suffix not in {".gz", ".png", ".pdf", ".root"}
            and path != Path(__file__)
        ):
            assert not pattern.search(path.read_text(encoding="utf-8")), name
