# Of training, here and where there is a GPU and no Snakemake.
TRAINING = dict(
    rows=None,  # of the training pairs: all
    design=design,
    device=config["device"],
    threads=config["threads"],  # what is asked for, however few --cores there are
    seeds=member_seeds,
    code=training_code,
    # Not an output: Snakemake deletes the outputs of a job that did not end.
    checkpoints=f"{R}/checkpoints/{{task}}/{{design}}",
)


rule train:
    input:
        train=f"{R}/{{task}}/simulations/train.nc",
        watched=f"{R}/{{task}}/simulations/watched.nc",
        apart=training_sets,
    output:
        model=f"{R}/{{task}}/{{design}}/model.pt",
        history=f"{R}/{{task}}/{{design}}/history.nc",
    log:
        f"{R}/logs/{{task}}/{{design}}/train.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/train.tsv"
    priority: 10  # the longest jobs first
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=lambda w: 10000 if training_sets(w) else 4000,
        runtime=lambda w: 1440 if training_sets(w) else 120,
    params:
        **TRAINING,
    script:
        "../scripts/train.py"


# The same, listed for bench/gpu.py.
rule training_job:
    input:
        train=f"{R}/{{task}}/simulations/train.nc",
        watched=f"{R}/{{task}}/simulations/watched.nc",
        apart=training_sets,
    output:
        f"{R}/jobs/{{task}}/{{design}}.json",
    log:
        f"{R}/logs/{{task}}/{{design}}/training_job.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/training_job.tsv"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        **TRAINING | {"device": "cuda"},
        listed=code("training_job.py"),
        model=f"{R}/{{task}}/{{design}}/model.pt",
        history=f"{R}/{{task}}/{{design}}/history.nc",
    script:
        "../scripts/training_job.py"
