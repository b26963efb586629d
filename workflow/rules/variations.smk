# the study's input files as each direction of a variation has them, scored by the chosen networks
rule vary:
    input:
        files=lambda wildcards: visible(*varied(wildcards)),
        sums=lambda wildcards: [path for own in varied_sums(wildcards) for path in own],
        models=expand(f"results/{STUDY}/best/{{fold}}model.keras", fold=BEST),
        networks=expand(f"results/{STUDY}/best/{{fold}}network.onnx", fold=BEST),
        passports=expand(f"results/{STUDY}/best/{{fold}}passport.json", fold=BEST),
    output:
        scores=f"results/{STUDY}/variations/{{variation}}/{{direction}}/scores.parquet",
        rejected=f"results/{STUDY}/variations/{{variation}}/{{direction}}/rejected.csv",
    log:
        f"logs/{STUDY}/variations/{{variation}}/{{direction}}/vary.log",
    benchmark:
        f"benchmarks/{STUDY}/variations/{{variation}}/{{direction}}/vary.tsv"
    conda:
        "../../envs/vary.yaml"
    threads: STUDY_CONFIG["training"]["threads"]
    resources:
        **needs(0, base=2000),
    params:
        files=varied,
        marks=lambda wildcards: marks_of(*varied(wildcards)),
        sums=lambda wildcards: [len(own) for own in varied_sums(wildcards)],
        settings=shifted,
        folds=[int(fold) for fold in FOLDS],
        fractions=STUDY_CONFIG["split"]["fractions"],
        fold_count=STUDY_CONFIG["folds"],
        key=scan.split_key(STUDY_CONFIG["seed"]),
        threads=STUDY_CONFIG["training"]["threads"],
        code=code("vary", chosen=formats_and_families),
    script:
        "../scripts/vary.py"


rule variations:
    input:
        shifted=[
            f"results/{STUDY}/variations/{variation}/{direction}/scores.parquet"
            for variation, direction in SHIFTS
        ],
        table=f"results/{STUDY}/compare/runs.csv",
        scores=(
            of_joined("joined.parquet")
            if len(FOLDS) > 1
            else of_classifiers("predict/{run}/scores.parquet")
        ),
        foms=of_joined("fom.csv") or of_classifiers("fom/{run}/best.csv"),
        bins=of_joined("bin_yields.csv") or of_classifiers("fom/{run}/bin_yields.csv"),
    output:
        yields=report(
            f"results/{STUDY}/variations/variations.csv",
            caption="../report/variations.rst",
            category="Systematic variations",
            labels={"figure": "yields at the cut"},
        ),
        bins=f"results/{STUDY}/variations/bin_yields.csv",
        histograms=f"results/{STUDY}/variations/histograms.parquet",
        png=report(
            f"results/{STUDY}/variations/variations.png",
            caption="../report/variations.rst",
            category="Systematic variations",
            labels={"figure": "stability of the score"},
        ),
        pdf=f"results/{STUDY}/variations/variations.pdf",
    log:
        f"logs/{STUDY}/variations/variations.log",
    conda:
        "../../envs/variations.yaml"
    resources:
        **needs(3),
    params:
        directions=SHIFTS,
        replaced=[bool(own) for own in OWN_FILES.values()],
        classifiers=CLASSIFIERS,
        fom=STUDY_CONFIG["fom"],
        yields=(
            joined_yield_settings(STUDY_CONFIG)
            if len(FOLDS) > 1
            else yield_settings(STUDY_CONFIG)
        ),
        seed=STUDY_CONFIG["seed"],
        signal=SIGNAL,
        axes=plain(AXES),
        label=plain(PLOT_LABEL),
        looks=plain(LOOKS),
        code=code("variations"),
    script:
        "../scripts/variations.py"
