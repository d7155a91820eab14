TABLES = {
    "benchmarks": f"{R}/tables/benchmarks.csv",
    "diffusion": f"{R}/tables/diffusion.csv" if RESPONSE_PAIRS else [],
    "epidemic": f"{R}/tables/epidemic.csv" if SERIES_PAIRS else [],
    "comparison": f"{R}/tables/comparison.csv" if COMPARED else [],
    "checks": f"{R}/tables/checks.csv",
}
# Whose a folder of runtimes is; other folders are of an earlier configuration.
OWNERS = {
    "": "benchmarks",
    "checks": "checks",
    **EXPERIMENT,
    **dict.fromkeys(APART, "diffusion"),
    **{
        f"{task}/{part}": name
        for task, name in EXPERIMENT.items()
        for part in ("exact", "stan")
    },
    **{
        f"{task}/{design}": EXPERIMENT[task]
        for task, design in PAIRS + RESPONSE_PAIRS + SERIES_PAIRS
    },
    **{f"{task}/ablation/{arm}": EXPERIMENT[task] for task, arm in ARMS},
    **{f"comparison/{task}": "comparison" for task in COMPARED},
    **{
        f"comparison/{r['task']}/{r['method']}-{r['setting']}": "comparison"
        for r in CONTESTS
    },
}


rule runtimes_table:
    input:
        FIGURES,
        RESPONSE_FIGURES,
        SERIES_FIGURES,
        OVERVIEWS,
        ABLATION_FIGURES,
        COMPARISON_FIGURES,
        **TABLES,
    output:
        report(
            f"{R}/tables/runtimes.csv",
            caption="../report/runtimes.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/runtimes_table.log",
    benchmark:
        f"{R}/runtimes/runtimes_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        folder=f"{R}/runtimes",  # what Snakemake itself writes, beside what the jobs above do
        owners=OWNERS,
        code=code("runtimes_table.py"),
    script:
        "../scripts/runtimes_table.py"


rule report:
    input:
        FIGURES,
        RESPONSE_FIGURES,
        SERIES_FIGURES,
        HERE / "src" / "jana" / "report" / "page.html",
        **TABLES,
        wide=OVERVIEWS,
        wide_diffusion=ABLATION_FIGURES,
        wide_comparison=COMPARISON_FIGURES,
        captions=expand(
            HERE / "workflow" / "report" / "{figure}.rst",
            figure=sorted(
                {
                    *FIGURE_NAMES,
                    *(
                        Path(path).stem
                        for path in OVERVIEWS
                        + RESPONSE_FIGURES
                        + SERIES_FIGURES
                        + ABLATION_FIGURES
                        + COMPARISON_FIGURES
                    ),
                }
            ),
        ),
        histories=[
            f"{R}/{task}/{design}/history.nc"
            for task, design in PAIRS + RESPONSE_PAIRS + SERIES_PAIRS
        ],
        runtimes=f"{R}/tables/runtimes.csv",
    output:
        f"{R}/report.html",
    log:
        f"{R}/logs/report.log",
    benchmark:
        f"{R}/runtimes/report.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        scale=config["scale"],
        config=config,
        overviews={
            "benchmarks": "wide",
            "diffusion": "wide_diffusion",
            "comparison": "wide_comparison",
        },
        thresholds=BENCHMARKS["verdicts"],
        tables=[*TABLES, "runtimes"],
        pictures={
            "benchmarks": [
                (t, d, [figure_path(t, d, name) for name in figure_names(t)])
                for t, d in PAIRS
            ],
            "diffusion": [(t, d, response_figures(t, d)) for t, d in RESPONSE_PAIRS],
            "epidemic": [(t, d, series_figures(t, d)) for t, d in SERIES_PAIRS],
        },
        code=code("report.py"),
    script:
        "../scripts/report.py"
