# Reference fits: one library per program, shards of data sets, one file of all.


rule stan_library:
    input:
        program=HERE / "src" / "jana" / "stan" / "programs" / "{task}.stan",
        interface=HERE / "src" / "jana" / "stan" / "interface.cpp",
    output:
        library=f"{R}/{{task}}/stan/model.so",
        sampler=f"{R}/{{task}}/stan/sampler",  # CmdStan's; empty where nutpie samples
        toolchain=f"{R}/{{task}}/stan/toolchain.json",
    log:
        f"{R}/logs/{{task}}/stan/library.log",
    benchmark:
        f"{R}/runtimes/{{task}}/stan/library.tsv"
    priority: 10  # much waits for it
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        toolchain=config["stan"]["toolchain"],
        cache="results/stan",  # of all scales
        code=code("stan_library.py"),
    script:
        "../scripts/stan_library.py"


rule reference:
    input:
        library=f"{R}/{{task}}/stan/model.so",
        sampler=f"{R}/{{task}}/stan/sampler",
        toolchain=f"{R}/{{task}}/stan/toolchain.json",
        observed=observed,
    output:
        f"{R}/{{task}}/stan/fits-{{chunk}}.nc",
    log:
        f"{R}/logs/{{task}}/stan/fits-{{chunk}}.log",
    benchmark:
        f"{R}/runtimes/{{task}}/stan/fits-{{chunk}}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        datasets=lambda w: stan(w.task)["chunks"][int(w.chunk)],
        settings=lambda w: {
            name: stan(w.task)[name]
            for name in ("chains", "warmup", "draws", "accept")
        },
        seed=lambda w: seed_of(config["seed"], "stan", w.task),
        # Not an output: Snakemake deletes the outputs of a job that did not end.
        shards=f"{R}/checkpoints/{{task}}/stan",
        code=simulating("reference.py"),
    script:
        "../scripts/reference.py"


rule diagnose_reference:
    input:
        fits=lambda w: fits(w.task),
        exact=where(ANSWERED, f"{R}/{{task}}/exact/draws.nc"),
        observed=observed,
    output:
        f"{R}/{{task}}/stan/rows.csv",
    log:
        f"{R}/logs/{{task}}/stan/diagnose.log",
    benchmark:
        f"{R}/runtimes/{{task}}/stan/diagnose.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        labels=lambda w: {
            "experiment": EXPERIMENT[w.task],
            "task": w.task,
            "method": "stan",
        },
        code=simulating("diagnose_reference.py"),
    script:
        "../scripts/diagnose_reference.py"
