rule fom:
    input:
        scores=f"results/{{study}}/predict/{RUN}/scores.parquet",
    output:
        curves=f"results/{{study}}/fom/{RUN}/curves.parquet",
        best=f"results/{{study}}/fom/{RUN}/best.csv",
        yields=f"results/{{study}}/fom/{RUN}/yields.csv",
        png=report(
            f"results/{{study}}/fom/{RUN}/fom.png",
            caption="../report/fom.rst",
            category="Figure of merit",
            labels={"run": RUN, "figure": "figure of merit against the cut"},
        ),
        pdf=f"results/{{study}}/fom/{RUN}/fom.pdf",
    log:
        f"logs/{{study}}/fom/{RUN}/fom.log",
    benchmark:
        f"benchmarks/{{study}}/fom/{RUN}/fom.tsv"
    conda:
        "../../envs/fom.yaml"
    resources:
        mem_mb=memory(2),
        htcondor_request_mem_mb=memory(2),
    params:
        fom=STUDY_CONFIG["fom"],
        yields=yield_settings(STUDY_CONFIG),
        title=TITLES["fom"],
        label=LABEL,
        code=code("fom"),
    script:
        "../scripts/fom.py"
