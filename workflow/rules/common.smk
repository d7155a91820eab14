from os.path import relpath
from pathlib import Path
from shutil import which

from snakemake.utils import validate

from jana.provenance import fingerprint, git, seed_of

validate(config, "../schemas/config.schema.yaml")


include: "checks.smk"


git()  # once here, for all jobs: it goes to them by the environment

BENCHMARKS = config["benchmarks"]
TASKS, DESIGNS = BENCHMARKS["tasks"], BENCHMARKS["designs"]
# As seen from where Snakemake runs: a moved tree has the same inputs, and runs nothing again.
HERE = Path(relpath(workflow.basedir))
R = f"results/{config['scale']}"
# Asked for where networks are used: profiles/default lets one job at a time have it.
GPU = {"cpu": 0, "cuda": 1, "auto": int(which("nvidia-smi") is not None)}[
    config["device"]
]


wildcard_constraints:
    task="|".join(TASKS),
    design="|".join(DESIGNS),
    split="train|test|observed",
    member=r"\d+",


def code(script, *modules):
    """Fingerprint of a script and of the package's modules beneath it: what makes a job run again."""
    return fingerprint(Path(workflow.basedir, "workflow", "scripts", script), *modules)


def simulating(script):
    """The same for a script that loads the task's simulator by name."""
    return lambda w: code(script, f"jana.simulators.{w.task}")


def seed(*name):
    """A function of wildcards: the seed of the job that `name` and the wildcards say."""
    return lambda w: seed_of(config["seed"], *name, *sorted(w.items()))


def member_seeds(w):
    """The seed of each member, which its initial weights and all its draws are made from."""
    members = range(BENCHMARKS["members"])
    return [
        seed_of(config["seed"], "train", w.task, w.design, member) for member in members
    ]


def labels(w):
    """The columns that all rows of a job share."""
    return {
        "experiment": "benchmarks",
        "budget": BENCHMARKS["simulations"],
        "task": w.task,
        "design": w.design,
    }


# The report shows them in this order.
FIGURE_NAMES = ["calibration", "posterior", "surrogate", "recovery", "losses"]


def figure_path(task, design, figure):
    return f"{R}/{task}/{design}/figures/{figure}.png"


FIGURES = [figure_path(t, d, f) for t in TASKS for d in DESIGNS for f in FIGURE_NAMES]
