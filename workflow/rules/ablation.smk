# Both networks trained jointly, or each for itself: the same simulations, seeds and initial weights.


use rule train as train_ablation with:
    output:
        model=f"{R}/{{task}}/ablation/{{design}}/model.pt",
        history=f"{R}/{{task}}/ablation/{{design}}/history.nc",
    log:
        f"{R}/logs/{{task}}/ablation/{{design}}/train.log",
    benchmark:
        f"{R}/runtimes/{{task}}/ablation/{{design}}/train.tsv"
    params:
        rows=ABLATION["simulations"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=ablation_seeds,
        code=training_code,
        checkpoints=f"{R}/checkpoints/{{task}}/ablation/{{design}}",


rule diagnose_ablation:
    input:
        model=f"{R}/{{task}}/ablation/{{design}}/model.pt",
        history=f"{R}/{{task}}/ablation/{{design}}/history.nc",
        train=f"{R}/{{task}}/simulations/train.nc",
    output:
        f"{R}/{{task}}/ablation/{{design}}/rows.csv",
    log:
        f"{R}/logs/{{task}}/ablation/{{design}}/diagnose.log",
    benchmark:
        f"{R}/runtimes/{{task}}/ablation/{{design}}/diagnose.tsv"
    threads: config["threads"]
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=30,
    params:
        simulations=ABLATION["simulations"],
        test=ABLATION["test"],
        draws=ABLATION["draws"],
        design=design,
        device=config["device"],
        threads=config["threads"],
        seeds=ablation_seeds,
        labels=lambda w: labels(w)
        | {"budget": ABLATION["simulations"], "setting": "ablation"},
        code=simulating("diagnose_ablation.py"),
    script:
        "../scripts/diagnose_ablation.py"


rule figure_ablation:
    input:
        f"{R}/tables/diffusion.csv",
    output:
        report(
            f"{R}/figures/ablation.png",
            caption="../report/ablation.rst",
            category="Response times",
        ),
    log:
        f"{R}/logs/figure_ablation.log",
    benchmark:
        f"{R}/runtimes/figure_ablation.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        pairs=ABLATION["pairs"],
        code=code("figure_ablation.py"),
    script:
        "../scripts/figure_ablation.py"
