# C2ST with as many draws as sbibm's published values have: the target c2st_full. A job for each task
# and member, so that what was done stays when a run is cut off.


rule full_draws:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        observed=f"{R}/{{task}}/simulations/observed.nc",
    output:
        f"{R}/{{task}}/{{design}}/full/draws.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/full_draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/full_draws.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=120,
    params:
        draws=BENCHMARKS["c2st"]["full"],
        refined=BENCHMARKS["refined"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        code=simulating("full_draws.py"),
    script:
        "../scripts/full_draws.py"


use rule exact_draws as full_exact_draws with:
    output:
        f"{R}/{{task}}/exact/full/draws.nc",
    log:
        f"{R}/logs/{{task}}/full_exact_draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/full_exact_draws.tsv"
    params:
        draws=BENCHMARKS["c2st"]["full"],
        seed=seed("exact, full"),
        code=simulating("exact_draws.py"),


use rule diagnose_c2st as full_c2st with:
    input:
        draws=f"{R}/{{task}}/{{design}}/full/draws.nc",
        exact=f"{R}/{{task}}/exact/full/draws.nc",
        evidence=evidence_rows,
    output:
        f"{R}/{{task}}/{{design}}/full/c2st-{{member}}.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/full_c2st-{{member}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/full_c2st-{{member}}.tsv"


use rule diagnose_c2st_floor as full_c2st_floor with:
    input:
        f"{R}/{{task}}/exact/full/draws.nc",
    output:
        f"{R}/{{task}}/exact/full/c2st.csv",
    log:
        f"{R}/logs/{{task}}/exact/full_c2st_floor.log",
    benchmark:
        f"{R}/runtimes/{{task}}/exact/full_c2st_floor.tsv"


rule full_table:
    input:
        full_rows,
        HERE / "workflow" / "resources" / "published.csv",
    output:
        f"{R}/tables/c2st_full.csv",
    log:
        f"{R}/logs/full_table.log",
    benchmark:
        f"{R}/runtimes/full_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        code=code("full_table.py"),
    script:
        "../scripts/full_table.py"


use rule figure_c2st as full_figure_c2st with:
    input:
        f"{R}/tables/c2st_full.csv",
    output:
        f"{R}/figures/c2st_full.png",
    log:
        f"{R}/logs/full_figure_c2st.log",
    benchmark:
        f"{R}/runtimes/full_figure_c2st.tsv"
