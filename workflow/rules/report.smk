rule report:
    input:
        FIGURES,
        RESPONSE_FIGURES,
        SERIES_FIGURES,
        HERE / "src" / "jana" / "report" / "page.html",
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
        benchmarks=f"{R}/tables/benchmarks.csv",
        diffusion=f"{R}/tables/diffusion.csv" if RESPONSE_PAIRS else [],
        epidemic=f"{R}/tables/epidemic.csv" if SERIES_PAIRS else [],
        comparison=f"{R}/tables/comparison.csv" if COMPARED else [],
        checks=f"{R}/tables/checks.csv",
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
        # Written beside what is asked for above, by Snakemake itself.
        runtimes=f"{R}/runtimes",
        tables=["benchmarks", "checks", "diffusion", "epidemic", "comparison"],
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
