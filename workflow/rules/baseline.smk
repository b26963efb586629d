# the first scan point's preparation: what the networks of the base config are trained on
PREPARED = (
    f"results/{STUDY}/prepare/{next(iter(POINTS.values())).preparation}/fold-{{fold}}"
)


rule baseline:
    input:
        events=sources("events.parquet"),
        samples=f"results/{STUDY}/split/samples.parquet",
        features_train=f"{PREPARED}/features.train.npy",
        features_validation=f"{PREPARED}/features.validation.npy",
        features_test=f"{PREPARED}/features.test.npy",
        classes_train=f"{PREPARED}/classes.train.npy",
        weights_train=f"{PREPARED}/weights.train.npy",
    output:
        scores=f"results/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/scores.parquet",
    log:
        f"logs/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/baseline.log",
    benchmark:
        f"benchmarks/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/baseline.tsv"
    wildcard_constraints:
        baseline=pattern([] if PIXEL_CLASSES else BASELINES),
    conda:
        "../../envs/baseline.yaml"
    # the number of threads does not change the scores
    threads: STUDY_CONFIG["training"]["threads"]
    resources:
        **needs(3, minutes=30),
    params:
        kind="{baseline}",
        classes=EVENT_CLASSES,
        spectators=plain(STUDY_CONFIG["columns"]["spectators"]),
        seed=STUDY_CONFIG["seed"],
        code=code("baseline"),
    script:
        "../scripts/baseline.py"


# in the place of baseline where hits have scores
rule hit_baseline:
    input:
        events=sources("events.parquet"),
        pictures=pictures_of(next(iter(DRAWINGS))),
        samples=f"results/{STUDY}/split/samples.parquet",
    output:
        scores=f"results/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/scores.parquet",
    log:
        f"logs/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/hit_baseline.log",
    benchmark:
        f"benchmarks/{STUDY}/predict/{{baseline}}/replica-00/fold-{{fold}}/hit_baseline.tsv"
    wildcard_constraints:
        baseline=pattern(BASELINES if PIXEL_CLASSES else []),
    conda:
        "../../envs/hit_baseline.yaml"
    # the number of threads does not change the scores
    threads: STUDY_CONFIG["training"]["threads"]
    resources:
        **needs(3, minutes=30),
    params:
        kind="{baseline}",
        images=plain(next(iter(DRAWINGS.values())).config.get("images")),
        classes=CLASSES,
        spectators=plain(STUDY_CONFIG["columns"]["spectators"]),
        seed=STUDY_CONFIG["seed"],
        code=code("hit_baseline", chosen=picture),
    script:
        "../scripts/hit_baseline.py"
