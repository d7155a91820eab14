# Draws and log densities of trained networks.


rule densities:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/densities.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/densities.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/densities.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=20,
    params:
        design=design,
        device=config["device"],
        threads=config["threads"],
        code=simulating("densities.py"),
    script:
        "../scripts/densities.py"


rule draws:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        observed=f"{R}/{{task}}/simulations/observed.nc",
    output:
        f"{R}/{{task}}/{{design}}/draws.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/draws.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=20,
    params:
        draws=BENCHMARKS["draws"],
        surrogates=min(BENCHMARKS["draws"], 1000),  # for pictures
        refined=BENCHMARKS["refined"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        simulator_seed=seed("draws"),
        code=simulating("draws.py"),
    script:
        "../scripts/draws.py"


rule calibration_draws:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/calibration_draws.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/calibration_draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/calibration_draws.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=30,
    params:
        datasets=lambda w: of(w)["calibration"]["datasets"],
        draws=lambda w: of(w)["calibration"]["draws"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        code=simulating("calibration_draws.py"),
    script:
        "../scripts/calibration_draws.py"


rule evidence:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/evidence.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/evidence.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/evidence.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=20,
    params:
        datasets=BENCHMARKS["evidence"]["datasets"],
        draws=BENCHMARKS["evidence"]["draws"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        simulator_seed=seed("new data"),
        code=simulating("evidence.py"),
    script:
        "../scripts/evidence.py"


rule loo:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/loo.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/loo.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/loo.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=30,
    params:
        datasets=BENCHMARKS["loo"]["datasets"],
        draws=BENCHMARKS["loo"]["draws"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        code=simulating("loo.py"),
    script:
        "../scripts/loo.py"
