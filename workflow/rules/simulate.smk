rule simulate:
    output:
        f"{R}/{{task}}/simulations/{{split}}.nc",
    log:
        f"{R}/logs/{{task}}/simulate-{{split}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/simulate-{{split}}.tsv"
    priority: 10
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        n=lambda w: BENCHMARKS[
            {"train": "simulations", "observed": "observations"}.get(w.split, w.split)
        ],
        seed=seed("simulate"),
        code=simulating("simulate.py"),
    script:
        "../scripts/simulate.py"


rule exact:
    input:
        test=f"{R}/{{task}}/simulations/test.nc",
        observed=f"{R}/{{task}}/simulations/observed.nc",
    output:
        densities=f"{R}/{{task}}/exact/densities.nc",
        draws=f"{R}/{{task}}/exact/draws.nc",
    log:
        f"{R}/logs/{{task}}/exact.log",
    benchmark:
        f"{R}/runtimes/{{task}}/exact.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        draws=BENCHMARKS["draws"],
        seed=seed("exact"),
        code=simulating("exact.py"),
    script:
        "../scripts/exact.py"
