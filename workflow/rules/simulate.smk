rule simulate:
    output:
        files=[
            temp(f"results/{STUDY}/simulate/{{process}}/chunk-{{chunk}}/{name}")
            for name in chunk_files(STUDY_CONFIG)
        ],
    log:
        f"logs/{STUDY}/simulate/{{process}}/chunk-{{chunk}}/simulate.log",
    wildcard_constraints:
        process=pattern(chunk.process for chunk in CHUNKS),
        chunk=r"\d+",
    conda:
        "../../envs/simulate.yaml"
    resources:
        **needs(0),
    params:
        chunk=simulated_chunk,
        settings=SIMULATE,
        seed=STUDY_CONFIG["seed"],
        code=code("simulate", chosen=simulator),
    script:
        "../scripts/simulate.py"


rule collect:
    input:
        lambda wildcards: joined_chunks(STUDY_CONFIG, wildcards.file),
    output:
        f"results/{STUDY}/simulate/{{file}}",
    log:
        f"logs/{STUDY}/simulate/{{file}}.log",
    wildcard_constraints:
        file=pattern(Path(path).name for path in SIMULATED),
    conda:
        "../../envs/collect.yaml"
    resources:
        **needs(0),
    params:
        code=code("collect"),
    script:
        "../scripts/collect.py"
