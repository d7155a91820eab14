# The paper's third experiment: evidence and leave-one-out of single data sets, against Stan.


rule pairings:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        observed=observed,
        fits=lambda w: fits(w.task) if w.task in REFERENCED else [],
    output:
        f"{R}/{{task}}/{{design}}/pairings.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/pairings.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/pairings.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        draws=DIFFUSION["evidence"]["draws"],
        left_out=DIFFUSION["loo"]["draws"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        code=simulating("pairings.py"),
    script:
        "../scripts/pairings.py"


rule diagnose_pairings:
    input:
        found=f"{R}/{{task}}/{{design}}/pairings.nc",
        observed=observed,
        fits=lambda w: fits(w.task) if w.task in REFERENCED else [],
    output:
        f"{R}/{{task}}/{{design}}/rows/pairings.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_pairings.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_pairings.tsv"
    threads: config["threads"]
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        draws=DIFFUSION["evidence"]["draws"],
        labels=labels,
        seed=seed("prior"),
        code=simulating("diagnose_pairings.py"),
    script:
        "../scripts/diagnose_pairings.py"


rule mcmc:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        observed=observed,
    output:
        f"{R}/{{task}}/{{design}}/mcmc.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/mcmc.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/mcmc.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings={
            name: DIFFUSION["mcmc"][name]
            for name in ("chains", "warmup", "draws", "accept")
        },
        design=design,
        device="cpu",  # its kernels are there, in double precision
        threads=config["threads"],
        seeds=member_seeds,
        code=simulating("mcmc.py"),
    script:
        "../scripts/mcmc.py"


rule diagnose_mcmc:
    input:
        found=f"{R}/{{task}}/{{design}}/mcmc.nc",
        observed=observed,
        fits=lambda w: fits(w.task) if w.task in REFERENCED else [],
    output:
        f"{R}/{{task}}/{{design}}/rows/mcmc.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_mcmc.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_mcmc.tsv"
    threads: config["threads"]
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        c2st=DIFFUSION["mcmc"]["c2st"],
        labels=labels,
        seed=seed("prior"),
        threads=config["threads"],
        code=simulating("diagnose_mcmc.py"),
    script:
        "../scripts/diagnose_mcmc.py"


rule reference_sbc:
    input:
        library=f"{R}/{{task}}/stan/model.so",
        sampler=f"{R}/{{task}}/stan/sampler",
        toolchain=f"{R}/{{task}}/stan/toolchain.json",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        f"{R}/{{task}}/stan/sbc-{{chunk}}.nc",
    log:
        f"{R}/logs/{{task}}/stan/sbc-{{chunk}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/stan/sbc-{{chunk}}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        datasets=lambda w: SBC["chunks"][int(w.chunk)],
        settings={name: SBC[name] for name in ("chains", "warmup", "draws", "accept")},
        draws=DIFFUSION["calibration"]["draws"],
        seed=lambda w: seed_of(config["seed"], "sbc of stan", w.task),
        code=simulating("reference_sbc.py"),
    script:
        "../scripts/reference_sbc.py"


rule diagnose_reference_sbc:
    input:
        fits=lambda w: sbc_fits(w.task),
        ours=f"{R}/{{task}}/{{design}}/calibration_draws.nc",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/reference_sbc.csv",
        curves=f"{R}/{{task}}/{{design}}/reference_sbc.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/diagnose_reference_sbc.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/diagnose_reference_sbc.tsv"
    threads: config["threads"]
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        judged=DIFFUSION["calibration"]["datasets"],  # the next ones are TARP's pool
        level=DIFFUSION["calibration"]["level"],
        seed=seed("bands of stan"),
        labels=labels,
        code=simulating("diagnose_reference_sbc.py"),
    script:
        "../scripts/diagnose_reference_sbc.py"


rule response_times:
    input:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        test=f"{R}/{{task}}/simulations/test.nc",
    output:
        rows=f"{R}/{{task}}/{{design}}/rows/response_times.csv",
        densities=f"{R}/{{task}}/{{design}}/response_times.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/response_times.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/response_times.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=2000,
        runtime=10,
    params:
        points=DIFFUSION["densities"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        labels=labels,
        code=simulating("response_times.py"),
    script:
        "../scripts/response_times.py"


rule lengths:
    input:
        f"{R}/{{task}}/{{design}}/model.pt",
    output:
        f"{R}/{{task}}/{{design}}/rows/lengths.csv",
    log:
        f"{R}/logs/{{task}}/{{design}}/lengths.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/lengths.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        **DIFFUSION["lengths"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=member_seeds,
        labels=labels,
        seed=seed("lengths"),
        code=simulating("lengths.py"),
    script:
        "../scripts/lengths.py"


rule diffusion_table:
    input:
        expand(
            f"{R}/{{pair[0]}}/{{pair[1]}}/rows/{{part}}.csv",
            pair=RESPONSE_PAIRS,
            part=[
                "densities",
                "calibration",
                "recovery",
                "pairings",
                "mcmc",
                "response_times",
                "lengths",
            ],
        ),
        [f"{R}/{task}/stan/rows.csv" for task in REFERENCED if task in RESPONSES],
        [
            f"{R}/{task}/{design}/rows/reference_sbc.csv"
            for task, design in RESPONSE_PAIRS
            if task in REFERENCED
        ],
        [f"{R}/{task}/ablation/{arm}/rows.csv" for task, arm in ARMS],
        HERE / "workflow" / "resources" / "published_diffusion.csv",
    output:
        report(
            f"{R}/tables/diffusion.csv",
            caption="../report/diffusion.rst",
            category="Tables",
        ),
    log:
        f"{R}/logs/diffusion_table.log",
    benchmark:
        f"{R}/runtimes/diffusion_table.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        tasks=RESPONSES,
        thresholds=BENCHMARKS["verdicts"],
        pairs=ABLATION["pairs"],
        code=code("diffusion_table.py"),
    script:
        "../scripts/diffusion_table.py"


rule figure_6:
    input:
        f"{R}/tables/diffusion.csv",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/figure_6.png",
            caption="../report/figure_6.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "figure 6"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_6.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_6.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        task="{task}",
        design="{design}",
        code=code("figure_6.py"),
    script:
        "../scripts/figure_6.py"


rule figure_stan_calibration:
    input:
        f"{R}/{{task}}/{{design}}/reference_sbc.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/stan_calibration.png",
            caption="../report/stan_calibration.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "SBC beside Stan's"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_stan_calibration.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_stan_calibration.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_stan_calibration.py"),
    script:
        "../scripts/figure_stan_calibration.py"


rule figure_medians:
    input:
        found=f"{R}/{{task}}/{{design}}/pairings.nc",
        observed=observed,
        fits=lambda w: fits(w.task),
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/medians.png",
            caption="../report/medians.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "medians"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_medians.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_medians.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_medians.py"),
    script:
        "../scripts/figure_medians.py"


rule figure_response_times:
    input:
        f"{R}/{{task}}/{{design}}/response_times.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/response_times.png",
            caption="../report/response_times.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "response times"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_response_times.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_response_times.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_response_times.py"),
    script:
        "../scripts/figure_response_times.py"
