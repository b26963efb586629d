# A search: each round proposes trials, which are trained for as long as a rung says; the best go on
# to the next rung. Who is in a slot of a rung is known when the trials before have ended, so that
# the rules that say it are checkpoints; how many slots there are is known from the beginning.
checkpoint propose:
    input:
        outcomes=lambda wildcards: outcomes(range(int(wildcards.round))),
    output:
        trials=f"results/{STUDY}/optimise/round-{{round}}/rung-0/trials.json",
    log:
        f"logs/{STUDY}/optimise/round-{{round}}/propose.log",
    localrule: True
    conda:
        "../../envs/propose.yaml"
    params:
        searched=plain(STUDY_CONFIG["optimise"]["keys"]),
        first=plain(search.base_values(STUDY_CONFIG)),
        points=SEARCH.points,
        sampler=SEARCH.sampler,
        last=len(RUNGS) - 1,
        seed=STUDY_CONFIG["seed"],
        code=code("propose"),
    script:
        "../scripts/propose.py"


rule trial:
    input:
        **pixel_weights(tried),
        features_train=tried(trained_on("train")),
        features_validation=tried(trained_on("validation")),
        classes_train=tried(labels("train")),
        classes_validation=tried(labels("validation")),
        weights_train=tried(prepared("weights.train.npy")),
        weights_validation=tried(prepared("weights.validation.npy")),
        events=tried(decorrelated(sources("events.parquet"))),
        samples=tried(decorrelated(f"results/{STUDY}/split/samples.parquet")),
    output:
        outcome=OUTCOME,
    log:
        f"logs/{STUDY}/optimise/round-{{round}}/rung-{{rung}}/slot-{{slot}}/trial.log",
    benchmark:
        f"benchmarks/{STUDY}/optimise/round-{{round}}/rung-{{rung}}/slot-{{slot}}/trial.tsv"
    conda:
        "../../envs/trial.yaml"
    threads: training_threads
    resources:
        **asks(training_memory, HARDWARE.runtime),
        gpu=HARDWARE.gpu,
        require_gpu=0,
        save_every=HARDWARE.save_every,
    params:
        trial=trial,
        epochs=lambda wildcards: RUNGS[int(wildcards.rung)].epochs,
        model=tried(model),
        training=tried(section("training")),
        class_count=len(NETWORK_CLASSES),
        positive=POSITIVE,
        seed=tried(run_seed),
        code=code("trial", chosen=tried_family),
    script:
        "../scripts/trial.py"


checkpoint promote:
    input:
        outcomes=lambda wildcards: outcomes(
            [wildcards.round], [int(wildcards.rung) - 1]
        ),
    output:
        trials=f"results/{STUDY}/optimise/round-{{round}}/rung-{{rung}}/trials.json",
    log:
        f"logs/{STUDY}/optimise/round-{{round}}/rung-{{rung}}/promote.log",
    wildcard_constraints:
        rung=r"[1-9]\d*",
    localrule: True
    conda:
        "../../envs/promote.yaml"
    params:
        trials=lambda wildcards: RUNGS[int(wildcards.rung)].trials,
        code=code("promote"),
    script:
        "../scripts/promote.py"


checkpoint choose:
    input:
        outcomes=outcomes(ROUNDS),
    output:
        chosen=f"results/{STUDY}/optimise/chosen.json",
        table=report(
            f"results/{STUDY}/optimise/optimise.csv",
            caption="../report/optimise.rst",
            category="Search",
            labels={"figure": "all trials, ranked"},
        ),
        png=report(
            f"results/{STUDY}/optimise/optimise.png",
            caption="../report/optimise.rst",
            category="Search",
            labels={"figure": "validation loss against searched keys"},
        ),
        pdf=f"results/{STUDY}/optimise/optimise.pdf",
    log:
        f"logs/{STUDY}/optimise/choose.log",
    localrule: True
    conda:
        "../../envs/choose.yaml"
    params:
        last=len(RUNGS) - 1,
        label=plain(PLOT_LABEL),
        code=code("choose"),
    script:
        "../scripts/choose.py"
