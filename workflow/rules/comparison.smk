# The paper's second experiment: methods on two moons, by budget. All on one CPU core, so that
# their times can be compared.


rule comparison_exact:
    output:
        known=f"{C}/{{task}}/exact.nc",
        rows=f"{C}/{{task}}/rows/exact.csv",
    log:
        f"{R}/logs/comparison/{{task}}/exact.log",
    benchmark:
        f"{R}/runtimes/comparison/{{task}}/exact.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        sizes={
            "draws": COMPARISON["draws"],
            "many": COMPARISON["many"],
            "others": COMPARISON["others"]["datasets"],
            "each": COMPARISON["others"]["draws"],
            "referenced": COMPARISON["others"]["referenced"],
            "floor": COMPARISON["floor"]["samples"],
            "held_out": COMPARISON["held_out"],
        },
        judged=COMPARISON["floor"]["judged"],
        labels=lambda w: {"experiment": "comparison", "task": w.task},
        seed=seed("comparison exact"),
        code=simulating("comparison_exact.py"),
    script:
        "../scripts/comparison_exact.py"


rule compare:
    input:
        f"{C}/{{task}}/exact.nc",
    output:
        f"{RUN}.nc",
    log:
        f"{R}/logs/{RUN_NAME}.log",
    benchmark:
        f"{R}/runtimes/{RUN_NAME}.tsv"
    priority: 10  # the longest jobs first
    threads: config["threads"]
    resources:
        mem_mb=3000,
        runtime=lambda w: 10 + contest(w)["limit"] // 60,
    params:
        contender=lambda w: settings.contender(
            config["designs"], contest(w), w.task, int(w.budget)
        ),
        budget=lambda w: int(w.budget),
        limit=lambda w: contest(w)["limit"],
        many=lambda w: COMPARISON["many"] if contest(w)["many"] else None,
        threads=config["threads"],
        # Of the simulations, which all methods of a seed share, and of the method.
        seeds=lambda w: (
            seed_of(config["seed"], "comparison", w.task, w.seed),
            seed_of(config["seed"], "comparison", w.task, w.method, w.seed),
        ),
        code=simulating("compare.py"),
    script:
        "../scripts/compare.py"


rule judge_compared:
    input:
        runs=lambda w: [
            f"{RUN}.nc".format(**w, seed=seed) for seed in range(contest(w)["seeds"])
        ],
        known=f"{C}/{{task}}/exact.nc",
    output:
        f"{RUNS}.csv",
    log:
        f"{R}/logs/{RUNS_NAME}-judged.log",
    benchmark:
        f"{R}/runtimes/{RUNS_NAME}-judged.tsv"
    priority: 10  # as long as the runs, where there are many other observations
    threads: config["threads"]
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        labels=lambda w: {
            "experiment": "comparison",
            "task": w.task,
            "design": contest(w)["settings"].get("design"),
            "method": w.method,
            "setting": w.setting,
            "budget": int(w.budget),
        },
        seed=seed("compared"),
        code=simulating("judge_compared.py"),
    script:
        "../scripts/judge_compared.py"


rule comparison_table:
    input:
        sorted({f"{RUNS}.csv".format(**run) for run in CONTESTS}),
        [f"{C}/{task}/rows/exact.csv" for task in COMPARED],
        HERE / "workflow" / "resources" / "published_comparison.csv",
    output:
        report(
            f"{R}/tables/comparison.csv",
            caption="../report/comparison.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/comparison_table.log",
    benchmark:
        f"{R}/runtimes/comparison_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        claims=COMPARISON["claims"],
        seed=seed("comparison table"),
        code=code("comparison_table.py"),
    script:
        "../scripts/comparison_table.py"


rule figure_4:
    input:
        known=f"{C}/{{task}}/exact.nc",
        runs=lambda w: [
            f"{RUN}.nc".format(**run)
            for run in CONTESTS
            if run["task"] == w.task and run["seed"] == 0
        ],
    output:
        report(
            f"{C}/{{task}}/figures/figure_4.png",
            caption="../report/figure_4.rst",
            category="comparison",
            labels={"task": "{task}", "figure": "figure 4"},
        ),
    log:
        f"{R}/logs/comparison/{{task}}/figure_4.log",
    benchmark:
        f"{R}/runtimes/comparison/{{task}}/figure_4.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        runs=lambda w: [
            run for run in CONTESTS if run["task"] == w.task and run["seed"] == 0
        ],
        code=code("figure_4.py"),
    script:
        "../scripts/figure_4.py"


rule figure_5:
    input:
        f"{R}/tables/comparison.csv",
    output:
        report(
            f"{C}/{{task}}/figures/figure_5.png",
            caption="../report/figure_5.rst",
            category="comparison",
            labels={"task": "{task}", "figure": "figure 5"},
        ),
    log:
        f"{R}/logs/comparison/{{task}}/figure_5.log",
    benchmark:
        f"{R}/runtimes/comparison/{{task}}/figure_5.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        task="{task}",
        code=code("figure_5.py"),
    script:
        "../scripts/figure_5.py"


rule figure_times:
    input:
        f"{R}/tables/comparison.csv",
    output:
        report(
            f"{C}/{{task}}/figures/times.png",
            caption="../report/times.rst",
            category="comparison",
            labels={"task": "{task}", "figure": "times"},
        ),
    log:
        f"{R}/logs/comparison/{{task}}/figure_times.log",
    benchmark:
        f"{R}/runtimes/comparison/{{task}}/figure_times.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        task="{task}",
        code=code("figure_times.py"),
    script:
        "../scripts/figure_times.py"
