# The paper's fourth experiment: series of an epidemic, from a recurrent likelihood network.


rule series:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
        train=f"{R}/{{task}}/simulations/train.nc",
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/series.csv",
        steps=f"{R}/{{task}}/{{design}}/series.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/series.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/series.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=6000,
        runtime=60,
    params:
        **EPIDEMIC["series"],
        names=["infected", "recovered", "dead"],
        design=design,
        labels=labels,
        device=config["device"],
        threads=config["threads"],
        seed=seed("series"),
        seeds=member_seeds,
        code=simulating("series.py"),
    script:
        "../scripts/series.py"


rule epidemic_table:
    input:
        expand(
            f"{R}/{{pair[0]}}/{{pair[1]}}/rows/{{part}}.csv",
            pair=SERIES_PAIRS,
            part=["densities", "calibration", "recovery", "series"],
        ),
    output:
        report(
            f"{R}/tables/epidemic.csv",
            caption="../report/epidemic.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/epidemic_table.log",
    benchmark:
        f"{R}/runtimes/epidemic_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        thresholds=BENCHMARKS["verdicts"],
        code=code("epidemic_table.py"),
    script:
        "../scripts/epidemic_table.py"


rule figure_series:
    input:
        f"{R}/{{task}}/{{design}}/series.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/series.png",
            caption="../report/series.rst",
            category="epidemic",
            labels={"task": "{task}", "design": "{design}", "figure": "series"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_series.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_series.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_series.py"),
    script:
        "../scripts/figure_series.py"
