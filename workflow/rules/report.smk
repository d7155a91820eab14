rule report:
    input:
        FIGURES,
        HERE / "src" / "jana" / "report" / "page.html",
        captions=expand(
            HERE / "workflow" / "report" / "{figure}.rst", figure=FIGURE_NAMES
        ),
        histories=expand(
            f"{R}/{{task}}/{{design}}/history.nc", task=TASKS, design=DESIGNS
        ),
        table=f"{R}/tables/benchmarks.csv",
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
        shown=[
            (
                task,
                design,
                [figure_path(task, design, figure) for figure in FIGURE_NAMES],
            )
            for task in TASKS
            for design in DESIGNS
        ],
        code=code("report.py"),
    script:
        "../scripts/report.py"
