rule simulate:
    output:
        train=temp(
            "results/{study}/simulate/{process}/chunk-{chunk}/train.csv",
        ),
        val=temp("results/{study}/simulate/{process}/chunk-{chunk}/val.csv"),
        test=temp("results/{study}/simulate/{process}/chunk-{chunk}/test.csv"),
    log:
        "logs/{study}/simulate/{process}/chunk-{chunk}/simulate.log",
    wildcard_constraints:
        process=pattern(chunk.process for chunk in CHUNKS),
        chunk=r"\d+",
    conda:
        "../../envs/simulate.yaml"
    resources:
        **needs(0),
    params:
        process="{process}",
        events=lambda wildcards: simulated_chunk(wildcards).events,
        total=lambda wildcards: simulated_chunk(wildcards).total,
        number=lambda wildcards: int(wildcards.chunk),
        columns=STUDY_CONFIG.get("simulate", {}).get("columns"),
        seed=STUDY_CONFIG["seed"],
        code=code("simulate"),
    script:
        "../scripts/simulate.py"


rule collect:
    input:
        lambda wildcards: [
            f"{folder(wildcards.study)}/{chunk.process}/chunk-{chunk.number}/{wildcards.part}.csv"
            for chunk in CHUNKS
            if chunk.kind == wildcards.kind
        ],
    output:
        "results/{study}/simulate/{part}_{kind}.csv",
    log:
        "logs/{study}/simulate/{part}_{kind}.log",
    wildcard_constraints:
        part="train|val|test",
        kind="sig|bkg",
    conda:
        "../../envs/collect.yaml"
    resources:
        **needs(0),
    params:
        code=code("collect"),
    script:
        "../scripts/collect.py"
