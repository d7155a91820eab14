from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/stan.smk"
include: "workflow/rules/diagnose.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/diffusion.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/epidemic.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/full.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    benchmarks,
    diffusion,
    epidemic,
    comparison,
    c2st_full,
    training_jobs,


rule all:
    default_target: True
    input:
        f"{R}/report.html",


rule benchmarks:
    input:
        f"{R}/tables/benchmarks.csv",
        f"{R}/tables/checks.csv",
        FIGURES,
        OVERVIEWS,


rule c2st_full:
    input:
        f"{R}/tables/c2st_full.csv",
        f"{R}/figures/c2st_full.png",


rule diffusion:
    input:
        f"{R}/tables/diffusion.csv",
        RESPONSE_FIGURES,
        ABLATION_FIGURES,


rule epidemic:
    input:
        f"{R}/tables/epidemic.csv",
        SERIES_FIGURES,


rule comparison:
    input:
        f"{R}/tables/comparison.csv",
        COMPARISON_FIGURES,


rule training_jobs:
    input:
        expand(
            f"{R}/jobs/{{pair[0]}}/{{pair[1]}}.json",
            pair=PAIRS + RESPONSE_PAIRS + SERIES_PAIRS,
        ),
