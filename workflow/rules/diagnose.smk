# Metrics: each job writes rows of the tidy table, and arrays where a figure needs them.


rule diagnose_densities:
    input:
        densities=f"{R}/{{task}}/{{design}}/densities.nc",
        exact=comparable,
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
        draws=f"{R}/{{task}}/{{design}}/calibration_draws.nc",
        test=f"{R}/{{task}}/simulations/test.nc",
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
        level=lambda w: of(w)["calibration"]["level"],
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


rule diagnose_draws:
    input:
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
        observed=f"{R}/{{task}}/simulations/observed.nc",
        exact=where(ANSWERED, f"{R}/{{task}}/exact/draws.nc"),
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/draws.csv",
        coordinates=f"{R}/{{task}}/{{design}}/coordinates.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_draws.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_draws.tsv"
    threads: config["threads"]
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        level=BENCHMARKS["calibration"]["level"],
        observations=3,
        labels=labels,
        seed=seed("draws judged"),
        code=simulating("diagnose_draws.py"),
    script:
        "../scripts/diagnose_draws.py"


rule diagnose_c2st:
    input:
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
        exact=f"{R}/{{task}}/exact/draws.nc",
        evidence=evidence_rows,
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
        both=BENCHMARKS["c2st"]["both"],
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
        densities=f"{R}/{{task}}/{{design}}/densities.nc",
        test=f"{R}/{{task}}/simulations/test.nc",
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
        chosen=chosen,
        draws=BENCHMARKS["evidence"]["draws"],
        labels=labels,
        seed=seed("evidence judged"),
        code=simulating("diagnose_evidence.py"),
    script:
        "../scripts/diagnose_evidence.py"


rule diagnose_loo:
    input:
        loo=f"{R}/{{task}}/{{design}}/loo.nc",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/{{design}}/rows/loo.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_loo.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_loo.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        draws=BENCHMARKS["loo"]["draws"],
        labels=labels,
        code=simulating("diagnose_loo.py"),
    script:
        "../scripts/diagnose_loo.py"


rule diagnose_checks:
    output:
        f"{R}/checks/{{fault}}.csv",
    log:
        f"{R}/logs/checks/{{fault}}.log",
    benchmark:
        f"{R}/runtimes/checks/{{fault}}.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fault=lambda w: FAULTS[int(w.fault)],
        sizes={
            name: BENCHMARKS["checks"][name]
            for name in ("datasets", "draws", "sample")
        },
        repeats=lambda w: BENCHMARKS["checks"][
            (
                "repeats"
                if FAULTS[int(w.fault)].startswith("nothing")
                else "fault_repeats"
            )
        ],
        labels={"experiment": "checks"},
        seed=lambda w: seed_of(config["seed"], "checks", FAULTS[int(w.fault)]),
        code=lambda w: code(
            "diagnose_checks.py", f"jana.simulators.{FAULT_TASKS[int(w.fault)]}"
        ),
    script:
        "../scripts/diagnose_checks.py"


rule benchmarks_table:
    input:
        [
            f"{R}/{task}/{design}/rows/{part}.csv"
            for task, design in PAIRS
            for part in parts(task, design)
        ],
        expand(f"{R}/{{task}}/exact/rows/c2st.csv", task=ANSWERED),
        [f"{R}/{task}/stan/rows.csv" for task in REFERENCED if task in TASKS],
        HERE / "workflow" / "resources" / "published.csv",
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
        thresholds=BENCHMARKS["verdicts"],
        code=code("benchmarks_table.py"),
    script:
        "../scripts/benchmarks_table.py"


rule checks_table:
    input:
        expand(f"{R}/checks/{{fault}}.csv", fault=range(len(FAULTS))),
    output:
        report(
            f"{R}/tables/checks.csv",
            caption="../report/checks.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/checks_table.log",
    benchmark:
        f"{R}/runtimes/checks_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        code=code("checks_table.py"),
    script:
        "../scripts/checks_table.py"
