import sys
from dataclasses import asdict
from pathlib import Path
from time import time
from types import SimpleNamespace

from snakemake.cli import get_argument_parser
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.resources import Resource
from snakemake.settings.types import DeploymentMethod
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

# of this file, not of a workflow that uses it as a module
HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=False))
SCRIPTS = HERE.parent / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

from winnow.columns import DIRECTIONS, PICTURE
from winnow.errors import WinnowError, refuse
from winnow.identity import file_hash
from winnow.networks.targets import positive_class
from winnow.remote import is_remote
from winnow.study import applied, contest, files, lines, scan, search
from winnow.study.choices import (
    CONTESTANTS,
    FAMILIES,
    FORMATS,
    PICTURES,
    SIMULATORS,
    STEPS,
    dotted,
)
from winnow.study.code import code_hash
from winnow.study.keys.apply import Apply
from winnow.study.keys.calibration import Calibration
from winnow.study.keys.export import Export
from winnow.study.keys.fom import Fom
from winnow.study.keys.hardware import Hardware
from winnow.study.keys.images import images
from winnow.study.keys.normalise import spelled_out
from winnow.study.keys.parameter import Parameter
from winnow.study.keys.plots import Plots
from winnow.study.keys.simulate import COMMON
from winnow.study.keys.training import Training, phases
from winnow.study.keys.yields import Yields
from winnow.study.looks import class_looks, plot_label
from winnow.study.machine import local_gpus
from winnow.study.process_checks import generator_columns
from winnow.study.reading import reading_settings
from winnow.study.schema import load_schema
from winnow.study.sections import (
    complete,
    ingest_settings,
    joined_yield_settings,
    own_samples,
    pattern,
    refuse_repeated_keys,
    shifted_settings,
    yield_settings,
)
from winnow.study.simulation_plan import (
    chunk_files,
    chunks,
    joined_chunks,
    simulated_files,
)
from winnow.study.typed import made
from winnow.study.variations import directions, of_direction, shifted_files
from winnow.tables import read_json

# what is refused when a plan is made need not be looked at again in each of its jobs: it would
# fail there, after Snakemake has removed what an earlier run of that job had made
PLANNING = workflow.is_main_process
if PLANNING:
    from winnow.events.headers import header_faults
    from winnow.events.readers import entry_count
    from winnow.simulation.checks import simulation_faults, written_columns
    from winnow.study.label_checks import label_faults
    from winnow.study.memory import picture_megabytes, table_megabytes
    from winnow.study.planning import is_config_file, refuse_swallowed_config

try:
    if PLANNING:
        if any(is_config_file(argument) for argument in sys.argv[1:]):
            asked, _ = get_argument_parser().parse_known_args(sys.argv[1:])
            refuse_swallowed_config(asked.targets)
        refuse_repeated_keys(workflow.configfiles)
    STUDY_CONFIG = complete(
        config, load_schema(SCRIPTS.parent / "schemas" / "config.schema.yaml")
    )
    SIMULATED = simulated_files(STUDY_CONFIG)
    FILES = files.input_files(STUDY_CONFIG, SIMULATED)
    APPLIED = applied.applied_files(STUDY_CONFIG, FILES, SIMULATED)
    READING = applied.applied_reading(STUDY_CONFIG)
    SHIFTS = directions(STUDY_CONFIG)
    OWN_FILES = {names: shifted_files(STUDY_CONFIG, *names) for names in SHIFTS}
    # a job does not decide on its memory any more, and need not look into all files for it
    TABLE_SIZE, PICTURE_SIZE = 0, 0
    if PLANNING:
        written = written_columns(STUDY_CONFIG)
        refuse(
            [
                *simulation_faults(STUDY_CONFIG),
                *label_faults(STUDY_CONFIG),
                *header_faults(STUDY_CONFIG, FILES, SIMULATED, written),
                *header_faults(
                    STUDY_CONFIG,
                    APPLIED,
                    SIMULATED,
                    written,
                    applied.applied_columns(STUDY_CONFIG, READING),
                ),
                *(
                    fault
                    for names, own in OWN_FILES.items()
                    for fault in header_faults(
                        of_direction(STUDY_CONFIG, *names), own, SIMULATED, written
                    )
                ),
            ]
        )
        TABLE_SIZE = table_megabytes(STUDY_CONFIG, FILES, SIMULATED, entry_count)
        PICTURE_SIZE = picture_megabytes(STUDY_CONFIG, TABLE_SIZE)
    POINTS = scan.scan_points(STUDY_CONFIG)
    INPUT_SIZE = files.total_size(FILES, SIMULATED)
except WinnowError as error:
    told = lines.located(str(error), workflow.configfiles) if PLANNING else error
    raise WorkflowError(f"the config is not valid.\n{told}")

STUDY = STUDY_CONFIG["study"]
# the config without what changes no result: an edit of that alone makes no page anew
RESULT_CONFIG = {
    name: value
    for name, value in STUDY_CONFIG.items()
    if name not in ("hardware", "export", "importance", "range_test")
}
STARTED = time()

# a search: its rounds, each with its rungs, and the scan point that it chooses at the end, of which
# nothing is known before but the name
SEARCH = search.settings(STUDY_CONFIG)
RUNGS = search.rungs(SEARCH)
ROUNDS = range(SEARCH.rounds if SEARCH else 0)
SOUGHT = [scan.OPTIMISED] if SEARCH else []
OUTCOME = (
    f"results/{STUDY}/optimise/round-{{round}}/rung-{{rung}}/slot-{{slot}}/outcome.json"
)
NAMES = [*POINTS, *SOUGHT]
# points by which there are arrays, pictures and transforms; those of a search are made where asked for
MAKING = [*POINTS.values(), *search.array_points(STUDY_CONFIG)]
MODELS = [
    *(point.config["model"] for point in POINTS.values()),
    *search.searched_models(STUDY_CONFIG),
]
PREPARATIONS = {point.preparation: point.config for point in MAKING}
DRAWINGS = {point.drawing: point for point in MAKING}
TRANSFORMS = {point.transform: point for point in MAKING if point.transform}
REPLICAS = [f"{replica:02d}" for replica in range(STUDY_CONFIG["replicas"])]
FOLDS = [str(fold) for fold in range(STUDY_CONFIG["folds"] or 1)]
BASELINES = STUDY_CONFIG["baselines"]
FEATURES = [feature["name"] for feature in STUDY_CONFIG["columns"]["features"]]
# a hypothesis that is an input of networks, their last
PARAMETER = (
    made(Parameter, STUDY_CONFIG["parameter"]) if "parameter" in STUDY_CONFIG else None
)
UNITS = (
    [{"name": PICTURE, "unit": ""}]
    if "images" in STUDY_CONFIG
    else [
        {key: f[key] for key in ("name", "unit")}
        for f in STUDY_CONFIG["columns"]["features"]
    ]
)
NETWORK_FEATURES = FEATURES
if PARAMETER:
    UNITS.append({"name": PARAMETER.column, "unit": PARAMETER.unit})
    NETWORK_FEATURES = [*FEATURES, PARAMETER.column]
FEATURE_LABELS = {
    f["name"]: {"label": f["label"], "unit": f["unit"]}
    for f in STUDY_CONFIG["columns"]["features"]
}
EVENT_CLASSES = list(STUDY_CONFIG["classes"])
# pictures that networks see in place of features, and the classes of their pixels
IMAGES = images(STUDY_CONFIG["images"]) if "images" in STUDY_CONFIG else None
PIXEL_CLASSES = list(IMAGES.pixel_classes) if IMAGES else []
# what networks tell apart, and what they are judged by: nothing is no class of a hit
NETWORK_CLASSES = PIXEL_CLASSES or EVENT_CLASSES
CLASSES = PIXEL_CLASSES[1:] or EVENT_CLASSES
SIGNAL = STUDY_CONFIG.get("signal_class")
POSITIVE = positive_class(CLASSES, SIGNAL)

# sections: a rule reads a key of one, or hands on the whole mapping, of which its script makes it
APPLY = made(Apply, STUDY_CONFIG["apply"])
EXPORT = made(Export, STUDY_CONFIG["export"])
FOM = made(Fom, STUDY_CONFIG["fom"])
HARDWARE = made(Hardware, STUDY_CONFIG["hardware"])
PLOTS = made(Plots, STUDY_CONFIG["plots"])
YIELDS = made(Yields, STUDY_CONFIG["yields"])
CALIBRATION = (
    made(Calibration, STUDY_CONFIG["calibration"])
    if "calibration" in STUDY_CONFIG
    else None
)
PLOT_LABEL = plot_label(PLOTS, YIELDS.luminosity)
LOOKS = class_looks(PLOTS)
# as they are written: what rules hand on of them is compared as text
TITLES, AXES, SPECTATOR_LABELS = (
    STUDY_CONFIG["plots"][name] for name in ("titles", "axes", "spectators")
)

PARAMETER_AXIS = {}
if PARAMETER:
    PARAMETER_AXIS = {"label": PARAMETER.column, "unit": PARAMETER.unit}
    PARAMETER_AXIS |= SPECTATOR_LABELS.get(PARAMETER.column, {})

# of jets' pictures the longest chain of steps that a point takes
ALL_STEPS = (
    max(
        (list(point.config["images"].get("steps", [])) for point in MAKING),
        key=len,
    )
    if IMAGES
    else []
)

CHUNKS = chunks(STUDY_CONFIG)
# a simulator's own keys: how many events others have changes no chunk
SIMULATE = {
    name: value
    for name, value in STUDY_CONFIG.get("simulate", {}).items()
    if name not in COMMON
}

# small files share jobs, each of the others has its own
BATCHES = files.batches(FILES, SIMULATED)
SMALL = {source for batch in BATCHES.values() for source in batch}

RUN = "{point}/replica-{replica}/fold-{fold}"
RUNS = [
    {"point": point, "replica": replica, "fold": fold}
    for point in NAMES
    for replica in REPLICAS
    for fold in FOLDS
]

# what gives scores: trained networks, the mean of a point's replicas, reference classifiers
CLASSIFIER = "{point}/{member}"
CLASSIFIER_RUN = "{classifier}/fold-{fold}"
CLASSIFIER_RUN_PATH = "{point}/{member}/fold-{fold}"
CLASSIFIERS = [
    *(
        {"kind": "network", "point": point, "member": f"replica-{replica}"}
        for point in NAMES
        for replica in REPLICAS
    ),
    *(
        {"kind": "ensemble", "point": point, "member": "ensemble"}
        for point in NAMES
        if len(REPLICAS) > 1
    ),
    *(
        {"kind": "baseline", "point": baseline, "member": "replica-00"}
        for baseline in BASELINES
    ),
]
CLASSIFIER_RUNS = [
    {**classifier, "fold": fold} for classifier in CLASSIFIERS for fold in FOLDS
]

# what scores files without labels: the chosen networks, or those of another study
FOREIGN = applied.foreign_models(STUDY_CONFIG)
ENSEMBLE = APPLY.ensemble

# who trains at which settings beside the study's own networks; a job takes what the plan says
CONTEST = contest.settings(STUDY_CONFIG)
CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
ENTRIES, LEFT_OUT = contest.entries(STUDY_CONFIG, CONDA or not PLANNING)
if PLANNING:
    for line in LEFT_OUT:
        logger.warning(f"winnow: {line}")
CONTEST_RUNS = contest.runs(STUDY_CONFIG, ENTRIES)
VARIED = contest.variables(CONTEST)

# trainings on one machine take turns on its GPUs; a cluster's profile sets its own limit
LOCAL_GPUS = local_gpus()
if LOCAL_GPUS and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", Resource("gpu", LOCAL_GPUS))

# HTCondor's executor may look for finished jobs before it has set itself up: where the log of an
# earlier Snakemake lies in the folder, that look fails, and Snakemake waits for ever (issue 60 of
# snakemake-executor-plugin-htcondor)
if ExecutorPluginRegistry().is_installed("htcondor"):
    htcondor = ExecutorPluginRegistry().get_plugin("htcondor")
    htcondor.common_settings.init_seconds_before_status_checks = 2


wildcard_constraints:
    source=pattern(FILES),
    preparation=pattern(PREPARATIONS),
    drawing=pattern(DRAWINGS),
    transform=pattern(TRANSFORMS),
    point=pattern(NAMES),
    replica=pattern(REPLICAS),
    fold=pattern(FOLDS),
    classifier=pattern(CLASSIFIER.format(**c) for c in CLASSIFIERS),
    applied=pattern(APPLIED),
    variation=pattern(STUDY_CONFIG.get("variations", {})),
    direction=pattern(DIRECTIONS),
    setting=pattern(CONTEST),
    repeat=r"\d+",
    round=r"\d+",
    rung=r"\d+",
    slot=r"\d+",


def code(script, *templates, chosen=lambda wildcards: ()):
    """Params function: hash of the code behind a script that Snakemake does not see.

    A change reruns the rule. It is a function so that a job on a cluster hashes its own rule alone.

    chosen: function of the wildcards, the modules that the config names.
    """
    paths = [SCRIPTS / f"{script}.py", *(SCRIPTS / template for template in templates)]
    return lambda wildcards: code_hash(*paths, chosen=chosen(wildcards))


def trials_of(round, rung):
    """The trials of a rung of a search: the name of each, and its values of the searched keys."""
    given = checkpoints.promote if int(rung) else checkpoints.propose
    own = given.get(round=round, rung=rung) if int(rung) else given.get(round=round)
    return read_json(own.output.trials)["trials"]


def outcomes(rounds, rungs=None):
    """What came of the trials of some rounds, on all rungs or on some."""
    return [
        OUTCOME.format(round=round, rung=rung, slot=slot)
        for round in rounds
        for rung in (range(len(RUNGS)) if rungs is None else rungs)
        for slot in range(RUNGS[rung].trials)
    ]


def trial(wildcards):
    """Params function: the trial that a rung's slot is for."""
    return trials_of(wildcards.round, wildcards.rung)[int(wildcards.slot)]


def tried(function):
    """A function of a run's wildcards as one of a trial's, which is a run of a point of its own."""

    def own(wildcards):
        point = search.point_of(STUDY_CONFIG, trial(wildcards)["values"])
        run = SimpleNamespace(point=point, replica=REPLICAS[0], fold=FOLDS[0])
        return function(run)

    return own


def optimised():
    """The scan point that a search has chosen."""
    chosen = read_json(checkpoints.choose.get().output.chosen)
    return search.point_of(STUDY_CONFIG, chosen["values"])


def point_of(wildcards):
    """The scan point of a run's wildcards."""
    own = wildcards.point
    if isinstance(own, scan.Point):
        return own
    return POINTS[own] if own in POINTS else optimised()


def all_points():
    """All scan points."""
    return [*POINTS.values(), *(optimised() for _ in SOUGHT)]


def chosen_first(value):
    """Params or input function: a function's value, known when a search has chosen its point."""
    return lambda wildcards: value()


def awaited():
    """Input of rules whose params tell of all scan points: nothing, when a search has chosen."""
    all_points()  # the checkpoint stops it here until then
    return []


def used(name):
    """Names of the preparations or transforms of all scan points, each once."""
    own = dict.fromkeys(getattr(point, name) for point in all_points())
    return [name for name in own if name]


def point_keys():
    """Of every scan point the value of each key that is scanned or searched."""
    others = [(name, optimised()) for name in SOUGHT]
    return search.point_keys(STUDY_CONFIG, POINTS, others)


def family(wildcards):
    """Modules that the config names: the family of the wildcards' scan point."""
    return families_of([section("model")(wildcards)])


def families_of(models):
    """Modules of the families of sections `model`, of those that name no file of a user's own."""
    own = {dotted(FAMILIES, m["family"]) for m in models if "module" not in m}
    return tuple(sorted(own))


def tried_family(wildcards):
    """Modules that the config names: the family of the trial in the wildcards' slot."""
    return tried(family)(wildcards)


def families(wildcards):
    """Modules that the config names: the families of all scan points, and those searched."""
    return families_of(MODELS)


def formats(*sources):
    """Function of the wildcards: modules that the config names, the sources' formats."""

    def named(wildcards):
        own = {FILES[source]["format"] for source in sources or [wildcards.source]}
        return tuple(dotted(FORMATS, name) for name in sorted(own))

    return named


def steps(wildcards):
    """Modules that the config names: the steps of the wildcards' preparation."""
    given = preparing("normalise")(wildcards)["steps"]
    own = {spelled_out(step)["step"] for step in given}
    return tuple(dotted(STEPS, name) for name in sorted(own))


def applied_modules(wildcards):
    """Modules that the config names: the file's format, and the families of what may score it."""
    models = [READING["model"]] if FOREIGN else MODELS
    return (
        dotted(FORMATS, APPLIED[wildcards.applied]["format"]),
        *families_of(models),
    )


def varied(wildcards):
    """The files that the wildcards' direction reads: its own, or the study's."""
    own = OWN_FILES[wildcards.variation, wildcards.direction]
    return [*(own or FILES).values()]


def varied_sums(wildcards):
    """Of each of them, the sums of generator weights of the files of the same sample."""
    own = OWN_FILES[wildcards.variation, wildcards.direction]
    return [[] if own else generator_sums_of(source) for source in own or FILES]


def formats_and_families(wildcards):
    """Modules that the config names: formats of the direction's files, families of all points."""
    own = {file["format"] for file in varied(wildcards)}
    return (*(dotted(FORMATS, name) for name in sorted(own)), *families(wildcards))


def shifted(wildcards):
    """Params function: how the input files are read as the wildcards' direction has them."""
    return shifted_settings(STUDY_CONFIG, wildcards.variation, wildcards.direction)


def simulator(wildcards):
    """Modules that the config names: the study's simulator."""
    return (dotted(SIMULATORS, SIMULATE["simulator"]),)


def simulated_chunk(wildcards):
    """Params function: the chunk that the wildcards process and chunk name."""
    named = (wildcards.process, int(wildcards.chunk))
    return asdict(next(c for c in CHUNKS if (c.process, c.number) == named))


def headline_of_run():
    """The study's headline where this run of Snakemake has made it, else nothing."""
    path = Path(f"results/{STUDY}/report/headline.txt")
    if not path.is_file() or path.stat().st_mtime < STARTED:
        return ""
    return f"\n{path.read_text()}report: {path.with_name('report.html')}"


def plain(value):
    """Params function: texts of the config as they stand, braces included."""
    return lambda wildcards: value


def sources(path):
    """A path under ingest/<source> for every source."""
    return [f"results/{STUDY}/ingest/{source}/{path}" for source in FILES]


def visible(*given):
    """Paths of input files, without those that are read at an address, which Snakemake cannot see."""
    return [file["path"] for file in given if not is_remote(file["path"])]


def at_hand(*sources):
    """The sources' files that Snakemake can see."""
    return visible(*(FILES[source] for source in sources))


def marks_of(*given):
    """Marks of input files: Snakemake reruns for a newer file, not for an older one in its place."""
    return [files.mark(file["path"]) for file in given if file["path"] not in SIMULATED]


def marked(*sources):
    """Params function: marks of the sources' files, without any of the wildcard's."""
    return lambda wildcards: marks_of(
        *(FILES[source] for source in sources or [wildcards.source])
    )


def generator_sums_of(source):
    """Sums of generator weights of the files of the same sample as a source."""
    if not generator_columns(STUDY_CONFIG):
        return []
    return [
        f"results/{STUDY}/ingest/{other}/generator_weights.json"
        for other in files.same_sample(FILES, source)
    ]


def generator_sums(wildcards):
    """Input function: sums of generator weights of the files of the same sample."""
    return generator_sums_of(wildcards.source)


def of_runs(path):
    """A path with `{run}` in it, for every run, in the order of RUNS."""
    return [f"results/{STUDY}/{path.format(run=RUN.format(**run))}" for run in RUNS]


def of_classifiers(path):
    """A path with `{run}` in it, for everything that gives scores, in the order of CLASSIFIER_RUNS."""
    return [
        f"results/{STUDY}/{path.format(run=CLASSIFIER_RUN_PATH.format(**scored))}"
        for scored in CLASSIFIER_RUNS
    ]


def of_joined(name):
    """A file of every classifier's joined folds, in the order of CLASSIFIERS; none without folds."""
    if len(FOLDS) == 1:
        return []
    return [
        f"results/{STUDY}/cross/{CLASSIFIER.format(**classifier)}/{name}"
        for classifier in CLASSIFIERS
    ]


def prepared(name):
    """Input function: a file of the preparation that the wildcards' scan point uses."""
    path = f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/{{name}}"
    return lambda wildcards: path.format(
        preparation=point_of(wildcards).preparation,
        fold=wildcards.fold,
        name=name,
    )


def seen(sample):
    """Input function: what the networks of the wildcards' scan point see of a sample's events."""
    return prepared(f"{'pictures' if IMAGES else 'features'}.{sample}.npy")


def encoded(name):
    """Input function: a file of the learned transform of the wildcards' scan point; none without."""
    path = f"results/{STUDY}/transform/{{transform}}/fold-{{fold}}/{{name}}"

    def own(wildcards):
        transform = point_of(wildcards).transform
        given = {"transform": transform, "fold": wildcards.fold, "name": name}
        return path.format(**given) if transform else []

    return own


def trained_on(sample):
    """Input function: what the networks of the wildcards' scan point are trained on: what they see.

    With a learned transform it is the codes of what they see.
    """
    codes, own = encoded(f"codes.{sample}.npy"), seen(sample)
    return lambda wildcards: codes(wildcards) or own(wildcards)


def decorrelated(paths):
    """Input function: files with the spectator that the wildcards' scan point keeps from the score."""
    return lambda wildcards: (
        paths if section("training")(wildcards)["decorrelation"]["strength"] else []
    )


def anomaly(sample):
    """Input function: the anomaly score of a sample's events, where the scan point asks for it."""
    own = encoded(f"anomaly.{sample}.npy")
    return lambda wildcards: (
        own(wildcards) if section("transform")(wildcards)["anomaly_score"] else []
    )


def untransformed(name):
    """Input function: a file of the preparation that the wildcards' transform is learned of."""
    path = f"results/{STUDY}/prepare/{{preparation}}/fold-{{fold}}/{{name}}"
    return lambda wildcards: path.format(
        preparation=TRANSFORMS[wildcards.transform].preparation,
        fold=wildcards.fold,
        name=name,
    )


def of_preparations(name):
    """A file of every preparation of a scan point, and fold."""
    return [
        f"results/{STUDY}/prepare/{preparation}/fold-{fold}/{name}"
        for preparation in used("preparation")
        for fold in FOLDS
    ]


def of_transforms(name):
    """A file of every learned transform and fold."""
    return [
        f"results/{STUDY}/transform/{transform}/fold-{fold}/{name}"
        for transform in used("transform")
        for fold in FOLDS
    ]


def labels(sample):
    """Input function: what the networks of the wildcards' scan point are to give of a sample."""
    return prepared(f"{'pixels' if PIXEL_CLASSES else 'classes'}.{sample}.npy")


def transformed():
    """Input function: how what the networks of the wildcards' scan point see was normalised."""
    return prepared("pictures.json" if IMAGES else "normalisation.json")


def pixel_weights(place=lambda path: path):
    """Inputs of what evaluates losses, where events have no class but pixels do."""
    own = place(prepared("pixel_weights.npy"))
    return {"pixel_weights": own} if PIXEL_CLASSES else {}


def pictures_of(drawing):
    """Pictures of every source's events, drawn in one way."""
    return [
        f"results/{STUDY}/rasterise/{drawing}/{source}/pictures.parquet"
        for source in FILES
    ]


def drawn(wildcards):
    """Input function: the pictures that the wildcards' preparation is made of."""
    return next(
        pictures_of(point.drawing)
        for point in MAKING
        if point.preparation == wildcards.preparation
    )


def drawn_of(wildcards):
    """Input function: the pictures that the networks of the wildcards' scan point see."""
    return pictures_of(point_of(wildcards).drawing)


def drawing(wildcards):
    """Params function: how the wildcards' pictures are drawn."""
    return DRAWINGS[wildcards.drawing].config["images"]


def picture(wildcards):
    """Modules that the config names: the kind of picture."""
    return (dotted(PICTURES, STUDY_CONFIG["images"]["kind"]),)


def family_and_picture(wildcards):
    """Modules that the config names: the family of the wildcards' scan point, and the picture."""
    return (*family(wildcards), *picture(wildcards))


def reading(wildcards):
    """Params function: how what the wildcards' scan point sees of events is read and drawn."""
    own = reading_settings(STUDY_CONFIG)
    if not IMAGES:
        return own
    drawing = {
        "lists": STUDY_CONFIG["columns"]["lists"],
        "images": section("images")(wildcards),
    }
    return own | drawing


def section(name):
    """Params function: a section of the config of the wildcards' scan point."""
    return lambda wildcards: point_of(wildcards).config[name]


def model(wildcards):
    """Params function: the point's network, a user's own file by its content too."""
    own = section("model")(wildcards)
    return {**own, "sha256": file_hash(own["module"])} if "module" in own else own


def transforming(wildcards):
    """Params function: how the wildcards' transform is learned; what else it is for reruns nothing."""
    own = TRANSFORMS[wildcards.transform].config["transform"]
    return {name: value for name, value in own.items() if name != "anomaly_score"}


def setting(name):
    """Params function: a section of the config of a contest's setting."""
    return lambda wildcards: CONTEST[wildcards.setting].config[name]


def contestant(name):
    """Function of the wildcards: modules that the config names, a contestant."""
    return lambda wildcards: (dotted(CONTESTANTS, name),)


def repeat_seed(wildcards):
    """Params function: the seed of a contest's repeat, which is that of the replica of its number."""
    return scan.run_seed(STUDY_CONFIG["seed"], int(wildcards.repeat), 0)


def whole_machine(wildcards):
    """Threads function: all cores of this machine, so that nothing else runs meanwhile."""
    own = STUDY_CONFIG["contest"]["threads"]
    return (
        max(own, workflow.resource_settings.cores or 1) if workflow.local_exec else own
    )


def preparing(name):
    """Params function: a section of the config of the wildcards' preparation."""
    return lambda wildcards: PREPARATIONS[wildcards.preparation][name]


def parametrised():
    """Params of what prepares events, where networks have a parameter: how events come by it."""

    def asked(wildcards):
        own = made(Parameter, preparing("parameter")(wildcards))
        return {
            "column": own.column,
            "signal": EVENT_CLASSES.index(SIGNAL),
            "seed": STUDY_CONFIG["seed"],
            "leave_out": list(own.leave_out),
        }

    return {"parameter": asked} if PARAMETER else {}


def training_threads(wildcards):
    """Params function: TensorFlow's threads of the wildcards' scan point."""
    return demanding(wildcards)["threads"]


def demanding(wildcards):
    """The section `training` by which the wildcards' job asks its machine for what it needs.

    Before a search has chosen it is what of all that may be chosen needs the most.
    """
    if getattr(wildcards, "point", None) in POINTS:
        return section("training")(wildcards)
    return search.largest_training(STUDY_CONFIG)


def transform_threads(wildcards):
    """Params function: TensorFlow's threads of the wildcards' transform."""
    return transforming(wildcards)["training"]["threads"]


def transform_seed(wildcards):
    """Params function: the seed of the wildcards' transform."""
    return scan.transform_seed(STUDY_CONFIG["seed"], int(wildcards.fold))


def run_seed(wildcards):
    """Params function: the seed of the wildcards' run."""
    return scan.run_seed(
        STUDY_CONFIG["seed"], int(wildcards.replica), int(wildcards.fold)
    )


def asks(memory, minutes):
    """Resources of a rule under the names that executors read, more of each at each attempt.

    memory: function of the wildcards, in MB; minutes: the time.
    """

    def megabytes(wildcards, attempt):
        return attempt * int(memory(wildcards))

    return {
        "mem_mb": megabytes,
        "htcondor_request_mem_mb": megabytes,
        "runtime": lambda wildcards, attempt: attempt * int(minutes),
        "classad_MaxRuntime": lambda wildcards, attempt: attempt * int(60 * minutes),
    }


def needs(share, base=1000, minutes=10):
    """Resources of all that does not train: MB and minutes of its own, and what the input adds.

    share: MB of memory for each MB of the table of all events; a minute for each 250 MB is far more than any rule
    takes, for the sake of slow file systems.
    """
    return asks(lambda wildcards: base + share * TABLE_SIZE, minutes + INPUT_SIZE / 250)


def training_memory(wildcards):
    """MB of memory of a training, which streams what exceeds its budget."""
    own, pairs = made(Training, demanding(wildcards)), 0
    if own.decorrelation.acts:
        largest = max(phase.batch_size for phase in phases(own))
        pairs = largest**2 * 20 // 1_000_000  # bytes a pair of events, measured
    return 2000 + min(TABLE_SIZE + PICTURE_SIZE, own.memory_budget) + pairs


def transform_memory(wildcards):
    """MB of memory of the training of a transform, which holds features twice: they are copied."""
    budget = transforming(wildcards)["training"]["memory_budget"]
    return 2000 + min(2 * TABLE_SIZE, budget)
