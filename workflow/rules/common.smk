from os.path import relpath
from pathlib import Path
from shutil import which

from snakemake.utils import validate

from jana import catalogue, settings
from jana.provenance import fingerprint, git, seed_of

validate(config, "../schemas/config.schema.yaml")


include: "checks.smk"


git()  # once here, for all jobs: it goes to them by the environment

BENCHMARKS, DIFFUSION = config["benchmarks"], config["diffusion"]
EPIDEMIC = config["epidemic"]
COMPARISON = config["comparison"]
TASKS, DESIGNS = BENCHMARKS["tasks"], BENCHMARKS["designs"]
RESPONSES = DIFFUSION["tasks"]
# Every run of the comparison, whose files are apart from those of other experiments' tasks.
CONTESTS = [
    dict(zip(("task", "method", "setting", "budget", "seed"), run))
    for run in settings.contests(COMPARISON)
]
COMPARED = list(dict.fromkeys(run["task"] for run in CONTESTS))
# Which experiment a task belongs to.
EXPERIMENT = {
    task: name
    for name in ("benchmarks", "diffusion", "epidemic")
    for task in config[name]["tasks"]
}


def paired(entry):
    """Every task of an experiment with every design that is for it."""
    return settings.pairs(
        config["designs"], entry["designs"], entry["tasks"], entry["only"]
    )


PAIRS, RESPONSE_PAIRS = paired(BENCHMARKS), paired(DIFFUSION)
SERIES_PAIRS = paired(EPIDEMIC)


def apart(task, design):
    """What a design's likelihood network learns from alone; empty where it does not."""
    return settings.design(config["designs"], design, task).get("apart", {})


# Tasks that only likelihood networks learn from, with their settings.
APART = {
    apart(*pair)["task"]: config[EXPERIMENT[pair[0]]]
    | {"simulations": apart(*pair)["simulations"]}
    for pair in PAIRS + RESPONSE_PAIRS + SERIES_PAIRS
    if apart(*pair)
}
# Tasks with reference fits.
REFERENCED = [task for task in EXPERIMENT if task in config["stan"]["tasks"]]


# Ways to train the networks of the first of these, each beside another.
ABLATION = DIFFUSION["ablation"]
ARMS = [
    (task, arm)
    for task in RESPONSES[:1]
    for arm in sorted({arm for pair in ABLATION["pairs"].values() for arm in pair})
]


def of(w):
    """The settings of the task's experiment."""
    return APART[w.task] if w.task in APART else config[EXPERIMENT[w.task]]


def chunked(entry):
    """Settings of reference fits, with the data sets of each job that makes some."""
    number, chunk = entry["datasets"], entry["chunk"]
    chunks = [
        list(range(first, min(first + chunk, number)))
        for first in range(0, number, chunk)
    ]
    return entry | {"chunks": chunks}


def stan(task):
    """Settings of a task's reference fits."""
    return chunked(config["stan"] | config[EXPERIMENT[task]].get("stan", {}))


SBC = chunked(config["stan"] | DIFFUSION["sbc"])  # of Stan itself


def sbc_fits(task):
    """The files of the fits for SBC of Stan itself."""
    return [f"{R}/{task}/stan/sbc-{chunk}.nc" for chunk in range(len(SBC["chunks"]))]


def known(task):
    """Whether posteriors are exact, or have draws of others for a reference."""
    return catalogue.has(task, "exact") or catalogue.has(task, "reference")


# As seen from where Snakemake runs: a moved tree has the same inputs, and runs nothing again.
HERE = Path(relpath(workflow.basedir))
R = f"results/{config['scale']}"
C = f"{R}/comparison"
# Of one seed, and of all.
RUNS_NAME = "comparison/{task}/{method}-{setting}/{budget}"
RUN_NAME = f"{RUNS_NAME}-{{seed}}"
RUN, RUNS = f"{R}/{RUN_NAME}", f"{R}/{RUNS_NAME}"


def contest(w):
    """The entry of a run of the comparison."""
    return COMPARISON["methods"][w.method][w.setting]


def fits(task):
    """The files of a task's reference fits."""
    return [
        f"{R}/{task}/stan/fits-{chunk}.nc" for chunk in range(len(stan(task)["chunks"]))
    ]


# Where nothing else is known, the fits of all observations are the reference.
FITS = {task: fits(task) for task in REFERENCED if task in TASKS and not known(task)}
# Tasks whose posteriors, and whose likelihoods, there is something to compare with.
ANSWERED = [task for task in TASKS if known(task) or task in FITS]
# What has a C2ST.
JUDGED = [
    (task, design)
    for task, design in PAIRS
    if task in ANSWERED and design in BENCHMARKS["c2st"]["designs"]
]
# Asked for where networks are used: profiles/default lets one job at a time have it.
GPU = {"cpu": 0, "cuda": 1, "auto": int(which("nvidia-smi") is not None)}[
    config["device"]
]

# One job each for the pairs with a known fault; those of judge/pairs.py, in its order.
FAULTS = catalogue.keys("judge/pairs.py", "FAULTS")
FAULT_TASKS = catalogue.firsts("judge/pairs.py", "FAULTS")


wildcard_constraints:
    series=r"[a-z0-9_]+",
    chunk=r"\d+",
    fault=r"\d+",
    task="|".join(dict.fromkeys([*EXPERIMENT, *APART, *COMPARED])),
    method=r"[a-z0-9_]+",
    setting=r"[a-z0-9_]+",
    budget=r"\d+",
    seed=r"\d+",
    design="|".join(config["designs"]),
    split="train|test|observed|watched",
    member=r"\d+",


def code(script, *modules):
    """Fingerprint of a script and of the package's modules beneath it: what makes a job run again."""
    return fingerprint(Path(workflow.basedir, "workflow", "scripts", script), *modules)


def simulating(script):
    """The same for a script that loads the task's simulator by name."""
    return lambda w: code(script, f"jana.simulators.{w.task}")


def training_sets(w):
    """What the likelihood network learns from, where it does so alone, and what is watched."""
    task = apart(w.task, w.design).get("task")
    splits = ("train", "watched") if task else ()
    return [f"{R}/{task}/simulations/{split}.nc" for split in splits]


def training_code(w):
    """Of training, which loads the simulators of all that is learned from."""
    tasks = [w.task, *filter(None, [apart(w.task, w.design).get("task")])]
    return code("train.py", *(f"jana.simulators.{task}" for task in tasks))


def seed(*name):
    """A function of wildcards: the seed of the job that `name` and the wildcards say."""
    return lambda w: seed_of(config["seed"], *name, *sorted(w.items()))


def member_seeds(w):
    """The seed of each member, which its initial weights and all its draws are made from."""
    members = range(of(w)["members"])
    return [
        seed_of(config["seed"], "train", w.task, w.design, member) for member in members
    ]


def ablation_seeds(w):
    """The same for every way to train: initial weights and orders are equal in all of them."""
    members = range(ABLATION["members"])
    return [seed_of(config["seed"], "ablation", w.task, member) for member in members]


def labels(w):
    """The columns that all rows of a job share; where training is online, all that it saw count."""
    training = settings.design(config["designs"], w.design, w.task)["training"]
    n = of(w)["simulations"]
    return {
        "experiment": EXPERIMENT[w.task],
        "budget": settings.seen(training, n) if training.get("online") else n,
        "task": w.task,
        "design": w.design,
    }


def observed(w):
    """The data sets that are looked at one by one; nested models see those of the whole one."""
    task = RESPONSES[0] if w.task in RESPONSES else w.task
    return f"{R}/{task}/simulations/observed.nc"


def design(w):
    """The design's settings for the task."""
    return settings.design(config["designs"], w.design, w.task)


def chosen(w):
    """Whether training chose how refined draws pool both networks: by what it held out."""
    return design(w)["training"]["validation"] > 0


def where(tasks, path):
    """A function of wildcards: the file, if the task is one of these, or nothing."""
    return lambda w: path.format(**w) if w.task in tasks else []


def soft(task, name):
    """Whether a design's likelihoods are of another measure than the exact ones: a soft flow's."""
    entry = settings.design(config["designs"], name, task)
    return entry["likelihood"].get("soft", False) and catalogue.has(task, "x_binary")


def comparable(w):
    """Exact densities, where the design's are of the same measure."""
    scored = catalogue.has(w.task, "log_likelihood")
    none = soft(w.task, w.design) or not scored
    return [] if none else f"{R}/{w.task}/exact/densities.nc"


def evidence_rows(w):
    """Evidence, where likelihoods are probabilities; it says which draws are the answer."""
    return (
        [] if soft(w.task, w.design) else f"{R}/{w.task}/{w.design}/rows/evidence.csv"
    )


# The report shows them in this order. What compares with exact answers needs some.
FIGURE_NAMES = ["calibration", "posterior", "surrogate", "recovery", "losses"]


def figure_names(task):
    return [name for name in FIGURE_NAMES if name != "posterior" or task in ANSWERED]


def figure_path(task, design, figure):
    return f"{R}/{task}/{design}/figures/{figure}.png"


FIGURES = [figure_path(t, d, f) for t, d in PAIRS for f in figure_names(t)]


def response_figures(task, design):
    """Of the diffusion experiment; what compares with Stan needs fits."""
    compared = ["figure_6", "medians", "stan_calibration"] if task in REFERENCED else []
    names = [*compared, "response_times", "calibration", "recovery", "losses"]
    return [figure_path(task, design, name) for name in names]


RESPONSE_FIGURES = [path for pair in RESPONSE_PAIRS for path in response_figures(*pair)]
# Of series that users have observed.
REPORTS = REPORTED
FOLLOWED = [
    f"{R}/{task}/{design}/observed/{series}"
    for task, design in SERIES_PAIRS
    for series in EPIDEMIC["observed"]
]
FOLLOWED_ROWS = [f"{folder}/rows.csv" for folder in FOLLOWED]
FOLLOWED_NAMES = ["observed_posterior", "observed_predictive", "observed_forecast"]
FOLLOWED_FIGURES = [
    f"{folder}/{name}.png" for folder in FOLLOWED for name in FOLLOWED_NAMES
]


def series_figures(task, design):
    """Of the epidemic; those of users' own series last."""
    names = ("series", "surrogates", "gaps", "calibration", "recovery", "losses")
    own = [path for path in FOLLOWED_FIGURES if f"/{task}/{design}/" in path]
    return [figure_path(task, design, name) for name in names] + own


SERIES_FIGURES = [path for pair in SERIES_PAIRS for path in series_figures(*pair)]
COMPARISON_FIGURES = [
    f"{C}/{task}/figures/{name}.png"
    for task in COMPARISON["tasks"]
    for name in ("figure_4", "figure_5", "times")
]
# Figures of all tasks: of the designs that C2ST is for, and the paper's third, where its tasks are.
SCORED_DESIGNS = [d for d in DESIGNS if any((t, d) in JUDGED for t in TASKS)]
FIGURE_3 = ["gaussian_mixture", "sir"]
FIGURE_3_DESIGNS = [d for d in DESIGNS if all((t, d) in PAIRS for t in FIGURE_3)]
OVERVIEWS = [
    *([f"{R}/figures/c2st.png"] if SCORED_DESIGNS else []),
    *([f"{R}/figures/figure_3.png"] if FIGURE_3_DESIGNS else []),
]
# The diffusion experiment's, of all ways to train.
ABLATION_FIGURES = [f"{R}/figures/ablation.png"] if ARMS else []


# What stands in the tidy table of a task and design.
def parts(task, design):
    entry = settings.design(config["designs"], design, task)
    trials = catalogue.exchangeable(task) and not entry.get("flat")
    return [
        "densities",
        "calibration",
        "recovery",
        "draws",
        *([] if soft(task, design) else ["evidence"]),
        *(["loo"] if trials and not soft(task, design) else []),
        *(
            [f"c2st-{member}" for member in range(BENCHMARKS["members"])]
            if (task, design) in JUDGED
            else []
        ),
    ]


# Where the others have as many draws, theirs are taken.
FULL = "rows" if BENCHMARKS["c2st"]["full"] == BENCHMARKS["draws"] else "full"
MEMBERS = range(BENCHMARKS["members"])


def full_rows(w):
    """The C2ST of all tasks, designs and members, and of what they are compared with."""
    if not JUDGED:
        raise WorkflowError(
            "c2st_full needs a task with exact or reference draws and a design in "
            "benchmarks.c2st.designs, but there is none: add one"
        )
    return [
        *(f"{R}/{t}/{d}/{FULL}/c2st-{m}.csv" for t, d in JUDGED for m in MEMBERS),
        *(f"{R}/{task}/exact/{FULL}/c2st.csv" for task in ANSWERED),
    ]
