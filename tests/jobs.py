"""The jobs of a small study, as the rules make them of a config, run by the scripts alone."""

from copy import deepcopy
from pathlib import Path

from toy import ROOT, TOY, toy_events
from winnow.networks.targets import positive_class
from winnow.study.files import input_files
from winnow.study.process_checks import generator_columns
from winnow.study.reading import reading_settings
from winnow.study.scan import run_seed, split_key, transform_seed
from winnow.study.schema import load_schema
from winnow.study.sections import complete, ingest_settings, yield_settings

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
SAMPLES = ("train", "validation", "test")
EVENTS = 600
MEMBERS = ("replica-00", "replica-01", "baseline")
# what figures call classes, and their colours
LOOKS = {"labels": {"signal": r"$H\to\tau\tau$"}, "colours": {"background": "navy"}}
AXES = {"score": {"bins": 8, "range": [0.1, 0.9]}}
SMALL = {
    "split": {"fractions": {"train": 0.4, "validation": 0.3, "test": 0.3}},
    "training": {"epochs": 8, "batch_size": 40, "learning_rate": 0.15, "threads": 1},
    "baselines": ["logistic_regression"],
    "importance": {"repeats": 2, "groups": {"pair": ["mass", "energy"]}},
    "fom": {"systematic": 0.1, "min_background_entries": 5, "bootstrap": {"replicas": 5}},
}
PREPARED = ("features", "classes", "weights")


class Study:
    """A study in a folder; `job` tells what a rule gives its script, `make` runs it."""

    def __init__(self, folder, runner, **config):
        """Write the events that the config's files name, where it names none of its own."""
        self.folder, self.runner = Path(folder), runner
        if "input" not in config:
            events = toy_events(EVENTS, 1)
            for number in (0, 1):
                half = events.iloc[number * EVENTS // 2 : (number + 1) * EVENTS // 2]
                half.to_csv(self.folder / f"events-{number}.csv", index=False)
            files = [{"path": str(self.folder / "events-*.csv")}]
            config["input"] = {"files": files, "missing_values": [-999]}
        self.config = complete({**TOY, **SMALL, **config}, SCHEMA)
        self.files = input_files(self.config)
        self.folds = range(self.config["folds"] or 1)

    def path(self, rule, name, **where):
        """Return where a file of a rule lies, in a folder of its own for each fold and so on."""
        return str(Path(self.folder, rule, *(f"{k}-{v}" for k, v in where.items()), name))

    def job(self, rule, to=None, **where):
        """Return a rule's job; `to`: the folder that its outputs go to instead."""
        job = deepcopy(getattr(self, f"_{rule}")(**where))
        if to is not None:
            job["output"] = {
                name: [str(to / Path(one).name) for one in path]
                if isinstance(path, list)
                else str(to / Path(path).name)
                for name, path in job["output"].items()
            }
        return {"log": str((to or self.folder / rule) / f"{rule}.log"), **job}

    def run(self, rule, job):
        """Run a rule's script on a job."""
        return self.runner(rule, **job)

    def make(self, rule, **where):
        """Run a job of the study, which must end well."""
        ended = self.run(rule, self.job(rule, **where))
        assert ended.returncode == 0, ended.stderr

    def refuses(self, rule, job, message):
        """Assert that a rule's script ends with one message, and leaves none of its outputs."""
        ended = self.run(rule, job)
        assert ended.returncode == 1, ended.stderr
        assert ended.stderr.startswith("winnow: error: "), ended.stderr
        assert message in ended.stderr, ended.stderr
        assert ended.stderr.count("\n") == 1, ended.stderr
        outputs = job["output"].values()
        paths = [one for own in outputs for one in (own if isinstance(own, list) else [own])]
        assert not [path for path in paths if Path(path).exists()]

    def make_data(self):
        """Make all that comes before the first classifier."""
        for source in self.files:
            self.make("ingest", source=source)
        self.make("split")
        for fold in self.folds:
            self.make("normalise", fold=fold)
            self.make("balance", fold=fold)

    @property
    def events(self):
        """The event tables."""
        return [self.path("ingest", "events.parquet", source=source) for source in self.files]

    @property
    def samples(self):
        """The split table."""
        return self.path("split", "samples.parquet")

    @property
    def classes(self):
        """The classes."""
        return list(self.config["classes"])

    @property
    def features(self):
        """Name and unit of each feature."""
        own = self.config["columns"]["features"]
        return [{key: feature[key] for key in ("name", "unit")} for feature in own]

    @property
    def names(self):
        """The features."""
        return [feature["name"] for feature in self.features]

    def prepared(self, *kinds, samples=SAMPLES, fold=0):
        """Return the arrays of some samples, under the names of the rules' inputs."""
        rules = {"features": "normalise"}
        return {
            f"{kind}_{sample}": self.path(
                rules.get(kind, "balance"), f"{kind}.{sample}.npy", fold=fold
            )
            for kind in kinds
            for sample in samples
        }

    def outputs(self, rule, names, **where):
        """Return a rule's outputs: name → file, the name's last part being the ending."""
        return {
            key: self.path(rule, name, **where)
            for key, name in (names.items() if isinstance(names, dict) else ((n, n) for n in names))
        }

    def _generator_weights(self, source):
        return {
            "input": {"file": self.files[source]["path"]},
            "output": {"sums": [self.path("ingest", "generator_weights.json", source=source)]},
            "params": {
                "files": [self.files[source]],
                "columns": generator_columns(self.config),
                "on_defect": self.config["input"]["on_defect"],
                "missing_values": ingest_settings(self.config)["missing_values"],
            },
        }

    def _ingest(self, source):
        names = {
            "events": "events.parquet",
            "cutflow": "cutflow.parquet",
            "rejected": "rejected.csv",
            "counts": "counts.json",
        }
        return {
            "input": {"file": self.files[source]["path"], "sums": []},
            "output": {
                kind: [self.path("ingest", name, source=source)] for kind, name in names.items()
            },
            "params": {
                "files": [self.files[source]],
                "sums": [0],
                "settings": ingest_settings(self.config),
            },
        }

    def _split(self):
        names = {"samples": "samples.parquet", "summary": "summary.csv"}
        return {
            "input": {"events": self.events},
            "output": self.outputs("split", names),
            "params": {
                "fractions": self.config["split"]["fractions"],
                "folds": self.config["folds"],
                "key": split_key(self.config["seed"]),
            },
        }

    def _normalise(self, fold=0):
        names = {"transform": "normalisation.json"} | {s: f"features.{s}.npy" for s in SAMPLES}
        return {
            "input": {"events": self.events, "samples": self.samples},
            "output": self.outputs("normalise", names, fold=fold),
            "params": {"normalise": self.config["normalise"], "features": self.names},
            "wildcards": {"fold": str(fold)},
        }

    def _balance(self, fold=0):
        arrays = self.prepared("classes", "weights", samples=SAMPLES[:2], fold=fold)
        return {
            "input": {"events": self.events, "samples": self.samples},
            "output": {**arrays, "table": self.path("balance", "balance.csv", fold=fold)},
            "params": {
                "balance": self.config["balance"],
                "classes": self.classes,
                "signal": self.config["signal_class"],
            },
            "wildcards": {"fold": str(fold)},
        }

    @property
    def encodes(self):
        """Whether networks are trained on codes."""
        return self.config["transform"]["bottleneck"] > 0

    def trained_on(self, fold=0):
        """Return the arrays that networks are trained and validated on."""
        arrays = self.prepared(*PREPARED, samples=SAMPLES[:2], fold=fold)
        if self.encodes:
            codes = {f"features_{s}": f"codes.{s}.npy" for s in SAMPLES[:2]}
            arrays |= self.outputs("encode", codes, fold=fold)
        return arrays

    def _train_transform(self, fold=0):
        names = {
            "history": "history.parquet",
            "timing": "timing.parquet",
            "best": "best.weights.h5",
            "last": "last.weights.h5",
        }
        return {
            "input": self.prepared("features", "weights", samples=SAMPLES[:2], fold=fold),
            "output": self.outputs("train_transform", names, fold=fold),
            "params": {
                "transform": self.config["transform"],
                "seed": transform_seed(self.config["seed"], fold),
            },
            "wildcards": {"transform": "base", "fold": str(fold)},
            "resources": {"gpu": 0, "require_gpu": 0, "save_every": 0, "tensorboard": 0},
        }

    def _encode(self, fold=0):
        learned = {"history": "history.parquet", "best": "best.weights.h5"}
        names = {"model": "autoencoder.keras", "passport": "passport.json", "errors": "errors.csv"}
        names |= {f"{k}_{s}": f"{k}.{s}.npy" for k in ("codes", "anomaly") for s in SAMPLES}
        seed = transform_seed(self.config["seed"], fold)
        return {
            "input": {
                **self.outputs("train_transform", learned, fold=fold),
                "transform": self.path("normalise", "normalisation.json", fold=fold),
                "events": self.events,
                "samples": self.samples,
                **self.prepared("features", fold=fold),
                **self.prepared("weights", samples=SAMPLES[:2], fold=fold),
            },
            "output": self.outputs("encode", names, fold=fold),
            "params": {
                "transform": self.config["transform"],
                "seed": seed,
                "seeds": {"config": self.config["seed"], "transform": seed},
                "features": self.features,
                "reading": reading_settings(self.config),
                "classes": self.classes,
            },
            "wildcards": {"transform": "base", "fold": str(fold)},
        }

    def _reconstruction(self, fold=0):
        encoded = self._encode(fold)["output"]
        return {
            "input": {
                "errors": encoded["errors"],
                "anomaly": encoded["anomaly_test"],
                "events": self.events,
                "samples": self.samples,
            },
            "output": self._drawn(
                "reconstruction", {"histograms": "anomaly.parquet"}, {"": "reconstruction"}
            ),
            "params": {"classes": self.classes, "label": "a label", "looks": LOOKS},
            "wildcards": {"transform": "base", "fold": str(fold)},
        }

    def _train(self, replica=0, fold=0):
        names = {
            "history": "history.parquet",
            "timing": "timing.parquet",
            "best": "best.weights.h5",
            "last": "last.weights.h5",
        }
        return {
            "input": self.trained_on(fold),
            "output": self.outputs("train", names, replica=replica, fold=fold),
            "params": {
                "model": self.config["model"],
                "training": self.config["training"],
                "class_count": len(self.classes),
                "positive": self.positive,
                "seed": run_seed(self.config["seed"], replica, fold),
            },
            "wildcards": {"point": "base", "replica": f"{replica:02d}", "fold": str(fold)},
            "resources": {"gpu": 0, "require_gpu": 0, "save_every": 0, "tensorboard": 0},
        }

    @property
    def positive(self):
        """The class whose score a sigmoid gives."""
        return positive_class(self.classes, self.config["signal_class"])

    def _checkpoint_model(self, replica=0, fold=0):
        trained = {"history": "history.parquet", "best": "best.weights.h5"}
        arrays, normalised = self.trained_on(fold), self.prepared("features", fold=fold)
        learned = self._encode(fold)["output"] if self.encodes else {"model": [], "passport": []}
        return {
            "input": {
                **self.outputs("train", trained, replica=replica, fold=fold),
                "transform": self.path("normalise", "normalisation.json", fold=fold),
                "events": self.events,
                "samples": self.samples,
                **{name.removesuffix("_validation"): path for name, path in arrays.items()},
                "normalised": normalised["features_validation"],
                "encoder": learned["model"],
                "encoder_passport": learned["passport"],
            },
            "output": self._model(replica, fold),
            "params": {
                "model": self.config["model"],
                "training": self.config["training"],
                "balance": self.config["balance"],
                "features": self.features,
                "reading": reading_settings(self.config),
                "classes": self.classes,
                "positive": self.positive,
                "config_seed": self.config["seed"],
                "run_seed": run_seed(self.config["seed"], replica, fold),
            },
            "wildcards": {"fold": str(fold)},
        }

    def _model(self, replica, fold):
        names = {
            "model": "model.keras",
            "network": "network.onnx",
            "passport": "passport.json",
        }
        return self.outputs("checkpoint_model", names, replica=replica, fold=fold)

    def _predict(self, replica=0, fold=0):
        asked = self.config["transform"]["anomaly_score"]
        return {
            "input": {
                **{
                    f"anomaly_{s}": self.path("encode", f"anomaly.{s}.npy", fold=fold)
                    if asked
                    else []
                    for s in SAMPLES
                },
                **self._model(replica, fold),
                "transform": self.path("normalise", "normalisation.json", fold=fold),
                "events": self.events,
                "samples": self.samples,
                **self.prepared("features", fold=fold),
            },
            "output": {"scores": self.scores(f"replica-{replica:02d}", fold)},
            "params": {
                "features": self.features,
                "classes": self.classes,
                "reading": reading_settings(self.config),
                "spectators": self.config["columns"]["spectators"],
                "threads": 1,
            },
            "wildcards": {"fold": str(fold)},
        }

    def scores(self, member, fold=0):
        """Return where a classifier's scores lie."""
        return self.path("predict", "scores.parquet", member=member, fold=fold)

    def _importance(self, replica=0, fold=0):
        arrays = self.prepared(*PREPARED, samples=SAMPLES[1:2], fold=fold)
        return {
            "input": {
                **self._model(replica, fold),
                "transform": self.path("normalise", "normalisation.json", fold=fold),
                **{name.removesuffix("_validation"): path for name, path in arrays.items()},
            },
            "output": {"table": self.path("importance", "importance.csv", replica=replica)},
            "params": {
                "features": self.features,
                "classes": self.classes,
                "reading": reading_settings(self.config),
                "signal": self.config["signal_class"],
                "importance": self.config["importance"],
                "seed": run_seed(self.config["seed"], replica, fold),
                "threads": 1,
            },
        }

    def _baseline(self, fold=0):
        return {
            "input": {
                "events": self.events,
                "samples": self.samples,
                **self.prepared("features", fold=fold),
                **self.prepared("classes", "weights", samples=SAMPLES[:1], fold=fold),
            },
            "output": {"scores": self.scores("baseline", fold)},
            "params": {
                "kind": "logistic_regression",
                "classes": self.classes,
                "spectators": self.config["columns"]["spectators"],
                "seed": self.config["seed"],
            },
            "wildcards": {"fold": str(fold)},
        }

    def _ensemble(self, members, fold=0):
        return {
            "input": {"scores": [self.scores(member, fold) for member in members]},
            "output": {"scores": self.scores("ensemble", fold)},
            "params": {"classes": self.classes},
        }

    def _cross(self, member):
        return {
            "input": {"scores": [self.scores(member, fold) for fold in self.folds]},
            "output": self.outputs(
                "cross",
                {"scores": "scores.parquet", "joined": "joined.parquet"},
                member=member,
            ),
        }

    def _ledger(self, members):
        names = {
            "ledger": "ledger.parquet",
            "summary": "summary.csv",
            "roles": "roles.parquet",
        }
        folds = list(self.folds)
        return {
            "input": {
                "events": self.events,
                "samples": self.samples,
                "transforms": [self.path("normalise", "normalisation.json", fold=f) for f in folds],
                "scores": [self.scores(member, fold) for member in members for fold in folds],
            },
            "output": self.outputs("ledger", names),
            "params": {
                "folds": folds,
                "transform_folds": folds,
                "score_folds": [fold for _ in members for fold in folds],
            },
        }

    def _roc(self, member, fold=0):
        return {
            "input": {"scores": self.scores(member, fold)},
            "output": self._drawn("roc", {"curves": "curves.parquet", "summary": "summary.csv"},
                                  {"": "roc"}, member=member, fold=fold),
            "params": {
                "classes": self.classes,
                "signal": self.config["signal_class"],
                "title": "a title",
                "label": "a label",
                "looks": LOOKS,
            },
        }  # fmt: skip

    def _drawn(self, rule, tables, figures, **where):
        """Return tables and, as png and pdf, figures: the name before the ending → the stem."""
        own = {
            f"{name}_{end}".lstrip("_"): f"{stem}.{end}"
            for name, stem in figures.items()
            for end in ("png", "pdf")
        }
        return self.outputs(rule, {**tables, **own}, **where)

    def _fom(self, member, fold=0):
        tables = ("best", "yields", "heavy", "groups", "binned", "bins", "bin_yields")
        return {
            "input": {"scores": self.scores(member, fold)},
            "output": self._drawn(
                "fom",
                {"curves": "curves.parquet", **{name: f"{name}.csv" for name in tables}},
                {"": "fom", "binned": "binned"},
                member=member,
                fold=fold,
            ),
            "params": {
                "fom": self.config["fom"],
                "yields": yield_settings(self.config),
                "seed": self.config["seed"],
                "title": "a title",
                "label": "a label",
                "looks": LOOKS,
            },
        }

    def _diagnostics(self, replica=0, fold=0):
        names = ("history", "scores", "confusion")
        tables = {
            "histograms": "scores.parquet",
            **{name: f"{name}.csv" for name in ("history", "confusion", "overtraining")},
        }
        return {
            "input": {
                "scores": self.scores(f"replica-{replica:02d}", fold),
                "history": self.path("train", "history.parquet", replica=replica, fold=fold),
            },
            "output": self._drawn(
                "diagnostics", tables, {name: name for name in names}, replica=replica, fold=fold
            ),
            "params": {
                "classes": self.classes,
                "signal": self.config["signal_class"],
                "positive": self.positive,
                "seed": run_seed(self.config["seed"], replica, fold),
                "titles": dict.fromkeys(names, "a title"),
                "label": "a label",
                "looks": LOOKS,
                "axis": AXES["score"],
            },
        }

    def _inputs(self):
        names = ("inputs", "correlations")
        tables = {name: f"{name}.parquet" for name in ("histograms", "correlations")}
        return {
            "input": {"events": self.events},
            "output": self._drawn("inputs", tables, {name: name for name in names}),
            "params": {
                "features": self.names,
                "labels": {
                    feature["name"]: {key: feature[key] for key in ("label", "unit")}
                    for feature in self.config["columns"]["features"]
                },
                "classes": self.classes,
                "titles": dict.fromkeys(names, "a title"),
                "label": "a label",
                "looks": LOOKS,
                "axes": AXES,
            },
        }

    def _export_scores(self, replica=0, fold=0):
        names = {
            "validation": "val_output.csv",
            "test": "test_output.csv",
            "epoch": "best_epoch.txt",
        }
        return {
            "input": {
                "scores": self.scores(f"replica-{replica:02d}", fold),
                "passport": self._model(replica, fold)["passport"],
            },
            "output": self.outputs("export", names, replica=replica, fold=fold),
            "params": {"classes": self.classes, "signal": self.config["signal_class"]},
        }

    def _export_c(self, **asked):
        names = {"header": "model.h", "source": "model.c"}
        return {**self._export_onnx(**asked), "output": self.outputs("export", names)}

    def _export_keras(self, **asked):
        names = {"model": "model.keras", "passports": "keras.passports.json"}
        return {**self._export_onnx(**asked), "output": self.outputs("export", names)}

    def _export_saved_model(self, **asked):
        names = {"model": "saved_model", "passports": "saved_model.passports.json"}
        return {**self._export_onnx(**asked), "output": self.outputs("export", names)}

    def _export_onnx(self, replicas=(0, 1), ensemble=False):
        own = [self._model(replica, 0) for replica in replicas]
        return {
            "input": {
                "table": self.path("compare", "runs.csv"),
                "models": [one["model"] for one in own],
                "passports": [one["passport"] for one in own],
            },
            "output": {"model": self.path("export", "model.onnx")},
            "params": {
                "runs": [{"point": "base", "replica": f"{n:02d}", "fold": "0"} for n in replicas],
                "ensemble": ensemble,
            },
        }

    def _export_table(self, members):
        sections = {name: self.config[name] for name in ("normalise", "model", "training")}
        return {
            "input": {"foms": [self.path("fom", "best.csv", member=m, fold=0) for m in members]},
            "output": {"table": self.path("export", "3var_fom.csv")},
            "params": {
                "settings": [deepcopy(sections) for _ in members],
                "classes": self.classes,
            },
        }

    def _importance_summary(self, replicas):
        paths = [self.path("importance", "importance.csv", replica=n) for n in replicas]
        return {
            "input": {"tables": paths},
            "output": self._drawn("importance", {"table": "all.csv"}, {"": "importance"}),
            "params": {"label": "a label"},
        }

    def _cross_yields(self, members):
        return {
            "input": {
                "yields": [self.path("fom", "yields.csv", member=m, fold=0) for m in members]
            },
            "output": {"yields": self.path("cross", "yields.csv")},
        }

    def _range_test(self):
        arrays = self.prepared(*PREPARED, samples=SAMPLES[:1])
        tables = {"curves": "curves.parquet", "suggestions": "suggestions.csv"}
        return {
            "input": {name.removesuffix("_train"): path for name, path in arrays.items()},
            "output": self._drawn("range_test", tables, {"": "range_test"}),
            "params": {
                "model": self.config["model"],
                "training": self.config["training"],
                "range_test": self.config["range_test"],
                "class_count": len(self.classes),
                "positive": self.positive,
                "seed": run_seed(self.config["seed"], 0, 0),
                "title": "",
                "label": "a label",
            },
            "resources": {"gpu": 0, "require_gpu": 0},
        }

    def scored(self, networks, others=()):
        """Return what gives scores, as rules list it: networks, then ensemble and baselines."""
        rows = [("network", "base", member) for member in networks]
        rows += [(kind, "base" if kind == "ensemble" else kind, kind) for kind in others]
        names = ("kind", "point", "member", "fold")
        return [dict(zip(names, (*row, "0"), strict=True)) for row in rows]

    def _compare(self, networks, others=()):
        scored, replicas = self.scored(networks, others), range(len(networks))
        members = [row["member"] for row in scored]
        return {
            "input": {
                "passports": [self._model(n, 0)["passport"] for n in replicas],
                "timings": [
                    self.path("train", "timing.parquet", replica=n, fold=0) for n in replicas
                ],
                "rocs": [self.path("roc", "summary.csv", member=m, fold=0) for m in members],
                "foms": [self.path("fom", "best.csv", member=m, fold=0) for m in members],
                "groups": [self.path("fom", "groups.csv", member=m, fold=0) for m in members],
                "histories": [],
            },
            "output": self._drawn(
                "compare",
                {"points": "points.csv", "runs": "runs.csv"},
                {"points": "points", "runs": "runs"},
            ),
            "params": {
                "scored": scored,
                "scanned": {"base": {}},
                "compare": {"metrics": []},
                "label": "a label",
            },
        }

    def _report(self, networks, others=()):
        scored, replicas = self.scored(networks, others), range(len(networks))
        drawn = self._inputs()["output"]
        compare = self._compare(networks, others)
        compared, compared_inputs = compare["output"], compare["input"]

        def of_scored(rule, name):
            return [self.path(rule, name, member=row["member"], fold=0) for row in scored]

        def of_runs(name):
            return [self.path("diagnostics", name, replica=n, fold=0) for n in replicas]

        return {
            "input": {
                "counts": [self._ingest(source)["output"]["counts"][0] for source in self.files],
                "cutflows": [self._ingest(source)["output"]["cutflow"][0] for source in self.files],
                "split": self.path("split", "summary.csv"),
                "ledger": self.path("ledger", "summary.csv"),
                "cross": [],
                "balances": [self.path("balance", "balance.csv", fold=0)],
                "inputs": [drawn["inputs_png"], drawn["correlations_png"]],
                "points": compared["points"],
                "runs": compared["runs"],
                "metrics": compared["points_png"],
                "compare": compared["runs_png"],
                "evolution": [],
                "models": [],
                "passports": compared_inputs["passports"][:1],
                "rocs": of_scored("roc", "summary.csv"),
                "roc_figures": of_scored("roc", "roc.png"),
                "foms": of_scored("fom", "best.csv"),
                "fom_curves": of_scored("fom", "curves.parquet"),
                "yields": of_scored("fom", "yields.csv"),
                "heavy": of_scored("fom", "heavy.csv")[:1],
                "joined_rocs": [],
                "fom_figures": of_scored("fom", "fom.png"),
                "binned_figures": of_scored("fom", "binned.png"),
                "overtraining": of_runs("overtraining.csv"),
                "score_figures": of_runs("scores.png"),
                "confusion_figures": of_runs("confusion.png"),
                "history_figures": of_runs("history.png"),
                **{
                    key: []
                    for key in (
                        *("node_figures", "joined_node_figures", "variations", "variation_yields"),
                        *("sculpting", "tradeoff", "data", "data_counts", "data_yields", "sums"),
                        *(
                            "averages",
                            "filters",
                            "hypotheses",
                            "hypotheses_figures",
                            "hit_accuracies",
                            "reconstructions",
                            "contest",
                            "fit",
                            "search",
                        ),
                    )
                },
            },
            "output": self.outputs("report", {"html": "report.html", "headline": "headline.txt"}),
            "params": {
                "study": self.config["study"],
                "config": self.config,
                "scored": scored,
                "luminosity": self.config["yields"]["luminosity"],
                "definition": self.config["fom"]["definition"],
            },
        }
