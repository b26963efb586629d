"""winnow: train networks that separate signal from background, and report what they are worth."""

from snakemake.utils import min_version

min_version("9.0")


# a second config file would be merged over the first, and the default study's keys leak into it
if not workflow.configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/split.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/pictures.smk"
include: "workflow/rules/transform.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/range_test.smk"
include: "workflow/rules/predict.smk"
include: "workflow/rules/baseline.smk"
include: "workflow/rules/ensemble.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/fom.smk"
include: "workflow/rules/roc.smk"
include: "workflow/rules/diagnostics.smk"
include: "workflow/rules/calibration.smk"
include: "workflow/rules/hypotheses.smk"
include: "workflow/rules/cross.smk"
include: "workflow/rules/picture_figures.smk"
include: "workflow/rules/importance.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/contest.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/sculpting.smk"
include: "workflow/rules/apply.smk"
include: "workflow/rules/variations.smk"
include: "workflow/rules/export.smk"


# where there are checkpoints, each job's own Snakemake looks at all rules, which takes it longer
if SEARCH:

    include: "workflow/rules/optimise.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        f"results/{STUDY}/report/report.html",
        [f"results/{STUDY}/paper/yields.tex"] if SIGNAL else [],
        expand(f"results/{STUDY}/apply/{{applied}}/friend.root", applied=APPLIED),
        EXPORTS,
