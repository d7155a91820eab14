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
        names=REPORTS,
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
            part=["densities", "calibration", "recovery", "series", "gaps", "losses"],
        ),
        FOLLOWED_ROWS,
        HERE / "workflow" / "resources" / "published_epidemic.csv",
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


rule figure_surrogates:
    input:
        f"{R}/{{task}}/{{design}}/series.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/surrogates.png",
            caption="../report/surrogates.rst",
            category="epidemic",
            labels={"task": "{task}", "design": "{design}", "figure": "surrogates"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_surrogates.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_surrogates.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_surrogates.py"),
    script:
        "../scripts/figure_surrogates.py"


rule diagnose_losses:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
        train=f"{R}/{{task}}/simulations/train.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/losses.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/losses.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/losses.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=30,
    params:
        penalized=150,  # data sets that the summary's penalty is of: as in Radev et al. (2023)
        design=design,
        labels=labels,
        device=config["device"],
        threads=config["threads"],
        code=simulating("diagnose_losses.py"),
    script:
        "../scripts/diagnose_losses.py"


# Whether data of another world are noticed.
rule diagnose_gaps:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/gaps.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/gaps.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/gaps.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        **EPIDEMIC["gaps"],
        design=design,
        labels=labels,
        device=config["device"],
        threads=config["threads"],
        seed=seed("gaps"),
        code=simulating("diagnose_gaps.py"),
    script:
        "../scripts/diagnose_gaps.py"


rule figure_gaps:
    input:
        f"{R}/{{task}}/{{design}}/rows/gaps.csv",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/gaps.png",
            caption="../report/gaps.rst",
            category="epidemic",
            labels={"task": "{task}", "design": "{design}", "figure": "gaps"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_gaps.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_gaps.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        level=EPIDEMIC["gaps"]["level"],
        code=code("figure_gaps.py"),
    script:
        "../scripts/figure_gaps.py"


# A user's own series.
rule follow:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
        observed=lambda w: EPIDEMIC["observed"][w.series]["file"],
    output:
        rows=f"{R}/{{task}}/{{design}}/observed/{{series}}/rows.csv",
        found=f"{R}/{{task}}/{{design}}/observed/{{series}}/found.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/follow-{{series}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/follow-{{series}}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=30,
    params:
        **EPIDEMIC["follow"],
        names=REPORTS,
        kind=lambda w: EPIDEMIC["observed"][w.series]["kind"],
        design=design,
        labels=lambda w: labels(w) | {"setting": f"observed: {w.series}"},
        device=config["device"],
        threads=config["threads"],
        seed=seed("follow"),
        seeds=member_seeds,
        code=simulating("follow.py"),
    script:
        "../scripts/follow.py"


rule figure_followed:
    input:
        f"{R}/{{task}}/{{design}}/observed/{{series}}/found.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/observed/{{series}}/{{figure}}.png",
            caption="../report/observed.rst",
            category="epidemic",
            labels={
                "task": "{task}",
                "design": "{design}",
                "figure": "{series}, {figure}",
            },
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_{{figure}}-{{series}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_{{figure}}-{{series}}.tsv"
    wildcard_constraints:
        figure="observed_posterior|observed_predictive|observed_forecast",
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_followed.py"),
    script:
        "../scripts/figure_followed.py"
