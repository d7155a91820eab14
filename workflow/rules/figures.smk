# One rule per figure; each draws what other jobs have stored.


rule figure_calibration:
    input:
        f"{R}/{{task}}/{{design}}/calibration.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/calibration.png",
            caption="../report/calibration.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "calibration"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_calibration.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_calibration.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_calibration.py"),
    script:
        "../scripts/figure_calibration.py"


rule figure_posterior:
    input:
        coordinates=f"{R}/{{task}}/{{design}}/coordinates.nc",
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
        exact=f"{R}/{{task}}/exact/draws.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/posterior.png",
            caption="../report/posterior.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "posterior"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_posterior.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_posterior.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_posterior.py"),
    script:
        "../scripts/figure_posterior.py"


rule figure_surrogate:
    input:
        coordinates=f"{R}/{{task}}/{{design}}/coordinates.nc",
        draws=f"{R}/{{task}}/{{design}}/draws.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/surrogate.png",
            caption="../report/surrogate.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "surrogate"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_surrogate.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_surrogate.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_surrogate.py"),
    script:
        "../scripts/figure_surrogate.py"


rule figure_recovery:
    input:
        f"{R}/{{task}}/{{design}}/recovery.nc",
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/recovery.png",
            caption="../report/recovery.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "recovery"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_recovery.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_recovery.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_recovery.py"),
    script:
        "../scripts/figure_recovery.py"


rule figure_losses:
    input:
        history=f"{R}/{{task}}/{{design}}/history.nc",
        # Not where the data that are judged have fewer trials than those that are learned from.
        exact=lambda w: [] if "trials" in of(w) else comparable(w),
    output:
        report(
            f"{R}/{{task}}/{{design}}/figures/losses.png",
            caption="../report/losses.rst",
            category="{task}",
            labels={"design": "{design}", "figure": "losses"},
        ),
    log:
        f"{R}/logs/{{task}}/{{design}}/figure_losses.log",
    benchmark:
        f"{R}/runtimes/{{task}}/{{design}}/figure_losses.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_losses.py"),
    script:
        "../scripts/figure_losses.py"


rule figure_c2st:
    input:
        f"{R}/tables/benchmarks.csv",
    output:
        report(
            f"{R}/figures/c2st.png",
            caption="../report/c2st.rst",
            category="Benchmarks",
        ),
    log:
        f"{R}/logs/figure_c2st.log",
    benchmark:
        f"{R}/runtimes/figure_c2st.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        designs=SCORED_DESIGNS,
        code=code("figure_c2st.py"),
    script:
        "../scripts/figure_c2st.py"


rule figure_3:
    input:
        [
            f"{R}/{task}/{design}/calibration.nc"
            for design in FIGURE_3_DESIGNS
            for task in FIGURE_3
        ],
    output:
        report(
            f"{R}/figures/figure_3.png",
            caption="../report/figure_3.rst",
            category="Benchmarks",
        ),
    log:
        f"{R}/logs/figure_3.log",
    benchmark:
        f"{R}/runtimes/figure_3.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        tasks=FIGURE_3,
        designs=FIGURE_3_DESIGNS,
        code=code("figure_3.py"),
    script:
        "../scripts/figure_3.py"
