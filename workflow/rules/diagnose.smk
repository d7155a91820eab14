# Metrics: each job writes rows of the tidy table, and arrays where a figure needs them.


rule diagnose_densities:
    input:
        densities=f"{R}/{{task}}/{{design}}/densities.nc",
        exact=f"{R}/{{task}}/exact/densities.nc",
        history=f"{R}/{{task}}/{{design}}/history.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/densities.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_densities.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_densities.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        labels=labels,
        code=code("diagnose_densities.py"),
    script:
        "../scripts/diagnose_densities.py"


rule diagnose_calibration:
    input:
        f"{R}/{{task}}/{{design}}/calibration_draws.nc",
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/calibration.csv",
        curves=f"{R}/{{task}}/{{design}}/calibration.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_calibration.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_calibration.tsv"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=20,
    params:
        level=BENCHMARKS["calibration"]["level"],
        seed=seed("bands"),
        labels=labels,
        code=simulating("diagnose_calibration.py"),
    script:
        "../scripts/diagnose_calibration.py"


rule diagnose_recovery:
    input:
        f"{R}/{{task}}/{{design}}/calibration_draws.nc",
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/recovery.csv",
        medians=f"{R}/{{task}}/{{design}}/recovery.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_recovery.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_recovery.tsv"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=20,
    params:
        labels=labels,
        code=simulating("diagnose_recovery.py"),
    script:
        "../scripts/diagnose_recovery.py"


rule diagnose_coordinates:
    input:
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
        exact=f"{R}/{{task}}/exact/draws.nc",
    output:
        f"{R}/{{task}}/{{design}}/coordinates.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_coordinates.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_coordinates.tsv"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        level=BENCHMARKS["calibration"]["level"],
        observations=3,
        seed=seed("coordinates"),
        code=code("diagnose_coordinates.py"),
    script:
        "../scripts/diagnose_coordinates.py"


rule diagnose_c2st:
    input:
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
        exact=f"{R}/{{task}}/exact/draws.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/c2st-{{member}}.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_c2st-{{member}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_c2st-{{member}}.tsv"
    priority: 5  # long where there are many parameters: before the short ones
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        labels=labels,
        code=code("diagnose_c2st.py"),
    script:
        "../scripts/diagnose_c2st.py"


rule diagnose_c2st_floor:
    input:
        f"{R}/{{task}}/exact/draws.nc",
    output:
        f"{R}/{{task}}/exact/rows/c2st.csv",
    log:
        f"{R}/logs/{{task}}/exact/diagnose_c2st_floor.log",
    benchmark:
        f"{R}/runtimes/{{task}}/exact/diagnose_c2st_floor.tsv"
    priority: 5  # long where there are many parameters: before the short ones
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        labels=lambda w: {"experiment": "benchmarks", "task": w.task},
        code=code("diagnose_c2st_floor.py"),
    script:
        "../scripts/diagnose_c2st_floor.py"


rule diagnose_evidence:
    input:
        evidence=f"{R}/{{task}}/{{design}}/evidence.nc",
        exact=f"{R}/{{task}}/exact/densities.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/evidence.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_evidence.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_evidence.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        draws=BENCHMARKS["evidence"]["draws"],
        labels=labels,
        code=code("diagnose_evidence.py"),
    script:
        "../scripts/diagnose_evidence.py"


rule benchmarks_table:
    input:
        expand(
            f"{R}/{{task}}/{{design}}/rows/{{part}}.csv",
            task=TASKS,
            design=DESIGNS,
            part=[
                "densities",
                "calibration",
                "recovery",
                "evidence",
                *(f"c2st-{member}" for member in range(BENCHMARKS["members"])),
            ],
        ),
        expand(f"{R}/{{task}}/exact/rows/c2st.csv", task=TASKS),
    output:
        report(
            f"{R}/tables/benchmarks.csv",
            caption="../report/benchmarks.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/benchmarks_table.log",
    benchmark:
        f"{R}/runtimes/benchmarks_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        code=code("benchmarks_table.py"),
    script:
        "../scripts/benchmarks_table.py"
