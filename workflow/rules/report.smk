rule report:
    input:
        FIGURES,
        HERE / "src" / "jana" / "report" / "page.html",
        overviews=OVERVIEWS,
        captions=expand(
            HERE / "workflow" / "report" / "{figure}.rst",
            figure=[*FIGURE_NAMES, *(Path(path).stem for path in OVERVIEWS)],
        ),
        histories=[f"{R}/{task}/{design}/history.nc" for task, design in PAIRS],
        benchmarks=f"{R}/tables/benchmarks.csv",
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
        thresholds=BENCHMARKS["verdicts"],
        shown=[
            (
                task,
                design,
                [figure_path(task, design, figure) for figure in figure_names(task)],
            )
            for task, design in PAIRS
        ],
        code=code("report.py"),
    script:
        "../scripts/report.py"
