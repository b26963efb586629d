# of the classifier that validation chose, its folds together
rule paper:
    input:
        table="results/{study}/compare/runs.csv",
        yields=(of_joined("yields.csv") or of_classifiers("fom/{run}/yields.csv")),
        foms=of_joined("fom.csv") or of_classifiers("fom/{run}/best.csv"),
    output:
        yields_tex="results/{study}/paper/yields.tex",
        yields_csv="results/{study}/paper/yields.csv",
        fom_tex="results/{study}/paper/fom.tex",
        fom_csv="results/{study}/paper/fom.csv",
    log:
        "logs/{study}/paper/paper.log",
    localrule: True
    conda:
        "../../envs/paper.yaml"
    params:
        classifiers=CLASSIFIERS,
        code=code("paper"),
    script:
        "../scripts/paper.py"
