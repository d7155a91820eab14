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
        mem_mb=2000,  # a slice at a time, however many there are
        runtime=lambda w: 120 if w.task in APART else 10,
    params:
        n=lambda w: of(w)[
            {"train": "simulations", "observed": "observations"}.get(w.split, w.split)
        ],
        # Of the data that are judged: fewer than networks learn from.
        trials=lambda w: (
            of(w).get("trials") if w.split in ("test", "observed") else None
        ),
        seed=seed("simulate"),
        code=simulating("simulate.py"),
    script:
        "../scripts/simulate.py"


rule exact_draws:
    input:
        observed=f"{R}/{{task}}/simulations/observed.nc",
        fits=lambda w: FITS.get(w.task, []),
    output:
        f"{R}/{{task}}/exact/draws.nc",
    log:
        f"{R}/logs/{{task}}/exact_draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/exact_draws.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        draws=BENCHMARKS["draws"],
        seed=seed("exact"),
        code=simulating("exact_draws.py"),
    script:
        "../scripts/exact_draws.py"


rule exact_densities:
    input:
        f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/exact/densities.nc",
    log:
        f"{R}/logs/{{task}}/exact_densities.log",
    benchmark:
        f"{R}/runtimes/{{task}}/exact_densities.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=simulating("exact_densities.py"),
    script:
        "../scripts/exact_densities.py"
