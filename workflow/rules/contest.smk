# what all contestants read
CONTEST_PREPARED = PREPARED.format(fold=0)
CONTEST_RUN = (
    f"results/{STUDY}/contest/{{contestant}}/{{setting}}/repeat-{{repeat}}/{{name}}"
)

CONTEST_FIGURES = [
    f"results/{STUDY}/contest/{name}.png"
    for name in ("roc", "pareto", *map(contest.file_name, VARIED))
]


rule contest_summary:
    input:
        outcomes=[
            CONTEST_RUN.format(name="outcome.json", **run) for run in CONTEST_RUNS
        ],
        curves=[CONTEST_RUN.format(name="curve.parquet", **run) for run in CONTEST_RUNS],
    output:
        runs=report(
            f"results/{STUDY}/contest/runs.csv",
            caption="../report/contest.rst",
            category="Contest",
            labels={"figure": "all trainings"},
        ),
        summary=report(
            f"results/{STUDY}/contest/summary.csv",
            caption="../report/contest.rst",
            category="Contest",
            labels={"figure": "contestants, mean and spread"},
        ),
        settings=report(
            f"results/{STUDY}/contest/settings.csv",
            caption="../report/contest.rst",
            category="Contest",
            labels={"figure": "settings in each contestant's words"},
        ),
        scans_png=[
            report(
                f"results/{STUDY}/contest/{contest.file_name(variable)}.png",
                caption="../report/contest.rst",
                category="Contest",
                labels={"figure": f"against {variable}"},
            )
            for variable in VARIED
        ],
        scans_pdf=[
            f"results/{STUDY}/contest/{contest.file_name(variable)}.pdf"
            for variable in VARIED
        ],
        roc_png=report(
            f"results/{STUDY}/contest/roc.png",
            caption="../report/contest.rst",
            category="Contest",
            labels={"figure": "ROC curves"},
        ),
        roc_pdf=f"results/{STUDY}/contest/roc.pdf",
        pareto_png=report(
            f"results/{STUDY}/contest/pareto.png",
            caption="../report/contest.rst",
            category="Contest",
            labels={"figure": "time against quality"},
        ),
        pareto_pdf=f"results/{STUDY}/contest/pareto.pdf",
    log:
        f"logs/{STUDY}/contest/contest_summary.log",
    localrule: True
    conda:
        "../../envs/contest_summary.yaml"
    params:
        entries=CONTEST_RUNS,
        variables=plain(VARIED),
        slices=plain(contest.slices(CONTEST)),
        first=next(iter(CONTEST), ""),
        label=plain(PLOT_LABEL),
        code=code("contest_summary"),
    script:
        "../scripts/contest_summary.py"


for CONTESTANT in dict.fromkeys(entry.contestant for entry in ENTRIES):

    rule:
        name:
            f"contest_{CONTESTANT}"
        input:
            events=sources("events.parquet"),
            samples=f"results/{STUDY}/split/samples.parquet",
            features_train=f"{CONTEST_PREPARED}/features.train.npy",
            features_validation=f"{CONTEST_PREPARED}/features.validation.npy",
            features_test=f"{CONTEST_PREPARED}/features.test.npy",
            classes_train=f"{CONTEST_PREPARED}/classes.train.npy",
            classes_validation=f"{CONTEST_PREPARED}/classes.validation.npy",
            weights_train=f"{CONTEST_PREPARED}/weights.train.npy",
            weights_validation=f"{CONTEST_PREPARED}/weights.validation.npy",
        output:
            scores=f"results/{STUDY}/contest/{CONTESTANT}/{{setting}}/repeat-{{repeat}}/scores.parquet",
            curve=f"results/{STUDY}/contest/{CONTESTANT}/{{setting}}/repeat-{{repeat}}/curve.parquet",
            outcome=f"results/{STUDY}/contest/{CONTESTANT}/{{setting}}/repeat-{{repeat}}/outcome.json",
        log:
            f"logs/{STUDY}/contest/{CONTESTANT}/{{setting}}/repeat-{{repeat}}/contest.log",
        conda:
            f"../../envs/contest_{CONTESTANT}.yaml"
        # nothing else runs meanwhile: what is measured is time
        threads: whole_machine
        resources:
            **needs(3, base=3000, minutes=HARDWARE.runtime),
        params:
            contestant=CONTESTANT,
            model=setting("model"),
            training=setting("training"),
            positive=POSITIVE,
            classes=EVENT_CLASSES,
            signal=SIGNAL,
            seed=repeat_seed,
            threads=STUDY_CONFIG["contest"]["threads"],
            code=code("contest", chosen=contestant(CONTESTANT)),
        script:
            "../scripts/contest.py"
