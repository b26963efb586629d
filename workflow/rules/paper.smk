# of the classifier that validation chose, its folds together
rule paper:
    input:
        table=f"results/{STUDY}/compare/runs.csv",
        yields=(of_joined("yields.csv") or of_classifiers("fom/{run}/yields.csv")),
        foms=of_joined("fom.csv") or of_classifiers("fom/{run}/best.csv"),
    output:
        yields_tex=f"results/{STUDY}/paper/yields.tex",
        yields_csv=f"results/{STUDY}/paper/yields.csv",
        fom_tex=f"results/{STUDY}/paper/fom.tex",
        fom_csv=f"results/{STUDY}/paper/fom.csv",
    log:
        f"logs/{STUDY}/paper/paper.log",
    localrule: True
    conda:
        "../../envs/paper.yaml"
    params:
        classifiers=CLASSIFIERS,
        code=code("paper"),
    script:
        "../scripts/paper.py"
