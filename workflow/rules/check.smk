# reads the first rows of all inputs and tells what would fail later; makes nothing, and takes sums
# of generator weights as they come: yields are not what is looked at
rule check:
    input:
        files=visible(*(own for own in FILES.values() if own["path"] not in SIMULATED)),
    log:
        f"logs/{STUDY}/check/check.log",
    localrule: True
    conda:
        "../../envs/check.yaml"
    params:
        study=STUDY,
        files=plain([own for own in FILES.values() if own["path"] not in SIMULATED]),
        simulated=list(SIMULATED),
        settings=plain(ingest_settings(STUDY_CONFIG)),
        sums=[dict.fromkeys(STUDY_CONFIG["processes"], 1.0)],
        fractions=STUDY_CONFIG["split"]["fractions"],
        key=scan.split_key(STUDY_CONFIG["seed"]),
        folds=STUDY_CONFIG["folds"],
        balance=next(iter(POINTS.values())).config["balance"],
        classes=EVENT_CLASSES,
        signal=SIGNAL,
        points=len(NAMES),
        runs=len(RUNS),
        code=code("check", chosen=formats(*FILES)),
    script:
        "../scripts/check.py"
