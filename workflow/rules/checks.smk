# What the schema cannot say of a configuration, refused before anything runs.
from itertools import combinations
from os import W_OK, X_OK, access

from snakemake.exceptions import WorkflowError

from jana import catalogue, provenance, settings
from jana.io import cases

HOME = Path(workflow.basedir)
REPORTED, REPORTED_DAYS = [
    "infected",
    "recovered",
    "dead",
], 81  # of the simulators of the epidemic
ASKED = config["benchmarks"]
EACH = {name: config[name] for name in ("benchmarks", "diffusion", "epidemic")}
KNOWN = catalogue.names()
ablated = EACH["diffusion"]["ablation"]
ablated["pairs"] = {asked: pair for asked, pair in ablated["pairs"].items() if pair}
# Tasks that likelihood networks learn from alone: their numbers of simulations.
LEARNED = {}

if provenance.SOURCE.resolve() != (HOME / "src").resolve():
    raise WorkflowError(
        f"the package installed here must be this tree's, but it is that of {provenance.SOURCE}: "
        f"use this tree's own .venv (make report), or run pip install --no-deps -e {HOME}"
    )
for name, task in [(name, task) for name in EACH for task in EACH[name]["tasks"]]:
    if task not in KNOWN:
        raise WorkflowError(
            f"each of {name}.tasks needs a simulator, but there is no src/jana/simulators/"
            f"{task}.py with a `simulator = Simulator(...)` (there are {', '.join(KNOWN)}): mend the name or add the file"
        )
for name, design in [
    (name, design) for name in EACH for design in EACH[name]["designs"]
]:
    if design not in config["designs"]:
        raise WorkflowError(
            f"each of {name}.designs needs an entry in designs, but {design} has none (there "
            f"are {', '.join(config['designs'])}): mend the name or add the entry"
        )
for design, entry in config["designs"].items():
    if "like" in entry and "like" in config["designs"].get(entry["like"], {"like": ""}):
        raise WorkflowError(
            f"designs.{design}.like needs the name of a whole design, but {entry['like']} is none: "
            "mend the name, or name the one that it is like itself"
        )
    for part, task in [
        (part, task) for part in settings.PER_TASK for task in entry.get(part, {})
    ]:
        if task not in KNOWN:
            raise WorkflowError(
                f"each of designs.{design}.{part} needs a simulator, but there is no {task} (there "
                f"are {', '.join(KNOWN)}): mend the name or add src/jana/simulators/{task}.py"
            )
for name, design, tasks in [
    (name, *item) for name in EACH for item in EACH[name]["only"].items()
]:
    if design not in config["designs"] or not set(tasks) <= set(KNOWN):
        raise WorkflowError(
            f"{name}.only says of designs which simulators they are run on, but {design} is no "
            f"entry of designs, or one of {', '.join(tasks)} is no simulator: mend the names"
        )
for name, task, design in [
    (name, *pair)
    for name, asked in EACH.items()
    for pair in settings.pairs(
        config["designs"], asked["designs"], asked["tasks"], asked["only"]
    )
]:
    entry = settings.design(config["designs"], design, task)
    for part in ("posterior", "likelihood"):
        lacking = sorted(set(entry[part]["warps"]) - set(entry[part]["nets"]))
        if lacking:
            raise WorkflowError(
                f"designs.{design}.{part} needs an entry in nets for each letter of warps, but "
                f"for {task} {', '.join(lacking)} has none: add it, or mend warps"
            )
        if entry[part]["kit"] == "published" and "G" in entry[part]["warps"]:
            raise WorkflowError(
                f"designs.{design}.{part}.warps has a G, a layer that the published kit lacks: use "
                "the letters A and S, or kit: own"
            )
    if entry.get("shared"):
        raise WorkflowError(
            f"{name}.designs needs likelihood networks of the data, but designs.{design} has one of "
            "their summary (shared: true), which is for diffusion.ablation.pairs: leave it out"
        )
    training = entry["training"]
    if training["surrogate"] and training["together"]:
        raise WorkflowError(
            f"designs.{design}.training cannot have surrogate above 0 with together: true, as the "
            "posterior network then learns after the likelihood network: set one of them to 0 or "
            "false"
        )
    if entry.get("flat") and catalogue.has(task, "x_design"):
        raise WorkflowError(
            f"designs.{design} takes trials as one vector (flat: true), but those of {task} have a "
            "design, which belongs to single trials: leave flat out, or the task"
        )
    alone = entry.get("apart")
    courses = {"training": (EACH[name]["simulations"], training)}
    if alone:
        courses["apart.training"] = alone["simulations"], alone["training"]
        sizes = LEARNED.setdefault(alone["task"], set())
        sizes.add(alone["simulations"])
        taken = [other for other in EACH if alone["task"] in EACH[other]["tasks"]]
        if (
            alone["task"] not in KNOWN
            or taken
            or len(sizes) > 1
            or training["together"]
        ):
            raise WorkflowError(
                f"designs.{design}.apart needs a simulator that stands in no list of tasks (it is "
                f"{alone['task']}), the same number of simulations wherever it is named, and "
                f"training.together: false, for {task}: mend the one that is not so"
            )
    for part, (number, how) in courses.items():
        held_out = round(number * how["validation"])
        if how["validation"] and not 0 < held_out < number:
            raise WorkflowError(
                f"designs.{design}.{part}.validation must hold out one simulation or more and "
                f"leave some, but {how['validation']} of {number} are {held_out}: change it"
            )
    if catalogue.exchangeable(task) and not (entry.get("flat") or "summary" in entry):
        raise WorkflowError(
            f"{task} has exchangeable trials, which need a summary network, but designs.{design} "
            "has no entry summary: add one, or give the design a list of tasks without it"
        )
# TARP's reference points come from held-out pairs that are not themselves judged.
for name, part, needed in [
    ("benchmarks", "calibration.datasets", ASKED["calibration"]["datasets"] + 1),
    ("benchmarks", "evidence.datasets", ASKED["evidence"]["datasets"]),
    ("benchmarks", "loo.datasets", ASKED["loo"]["datasets"]),
    (
        "diffusion",
        "calibration.datasets",
        EACH["diffusion"]["calibration"]["datasets"] + 1,
    ),
    (
        "diffusion",
        "sbc.datasets",
        (config["stan"] | EACH["diffusion"]["sbc"])["datasets"],
    ),
    ("diffusion", "densities", EACH["diffusion"]["densities"]),
    (
        "epidemic",
        "calibration.datasets",
        EACH["epidemic"]["calibration"]["datasets"] + 1,
    ),
    ("epidemic", "series.parameters", EACH["epidemic"]["series"]["parameters"]),
    ("epidemic", "gaps.parameters", EACH["epidemic"]["gaps"]["parameters"]),
]:
    if needed > EACH[name]["test"]:
        raise WorkflowError(
            f"{name}.{part} are the first of {name}.test, but {part} needs {needed} of only "
            f"{EACH[name]['test']}: lower the one or raise the other"
        )
sbc = config["stan"] | EACH["diffusion"]["sbc"]
if sbc["chains"] * sbc["draws"] < EACH["diffusion"]["calibration"]["draws"]:
    raise WorkflowError(
        "SBC of Stan thins its draws to diffusion.calibration.draws, but chains times draws in "
        f"diffusion.sbc are {sbc['chains'] * sbc['draws']} for {EACH['diffusion']['calibration']['draws']}: "
        "raise diffusion.sbc.draws"
    )
if sbc["datasets"] > EACH["diffusion"]["calibration"]["datasets"]:
    raise WorkflowError(
        "SBC of Stan is beside ours on the same data sets, but diffusion.sbc.datasets are "
        f"{sbc['datasets']} for diffusion.calibration.datasets of "
        f"{EACH['diffusion']['calibration']['datasets']}: lower the one or raise the other"
    )
for one, other in combinations(EACH, 2):
    both = sorted(set(EACH[one]["tasks"]) & set(EACH[other]["tasks"]))
    if both:
        raise WorkflowError(
            f"a task belongs to one experiment, but {', '.join(both)} stands in {one}.tasks and "
            f"in {other}.tasks: leave it out of one of them"
        )
for task in EACH["epidemic"]["tasks"]:
    if not (catalogue.has(task, "x_serial") and catalogue.has(task, "log_steps")):
        raise WorkflowError(
            f"each of epidemic.tasks needs series, of a simulator with x_serial and log_steps, but "
            f"{task} lacks one of them: leave it out, or add it to benchmarks.tasks"
        )
    if not (catalogue.has(task, "changed") and catalogue.has(task, "longer")):
        raise WorkflowError(
            f"each of epidemic.tasks needs a simulator with changed and longer, for worlds that "
            f"differ and for forecasts, but {task} lacks one of them: add it, or leave the task out"
        )
asked = EACH["epidemic"]["gaps"]
if min(asked["each"], asked["series"]) < asked["group"]:
    raise WorkflowError(
        f"epidemic.gaps.group needs {asked['group']} series of a kind, but each is {asked['each']} "
        f"and series {asked['series']}: lower group or raise them"
    )
shown = len(EACH["epidemic"]["series"]["shown"])
if EACH["epidemic"]["tasks"] and shown != 34:
    raise WorkflowError(
        f"epidemic.series.shown needs the 34 parameters of the epidemic, but has {shown}: write "
        "them in the simulator's order"
    )
for name, entry in (
    EACH["epidemic"]["observed"].items() if EACH["epidemic"]["tasks"] else ()
):
    try:
        cases.load(entry["file"], REPORTED, entry["kind"], REPORTED_DAYS)
    except ValueError as error:
        raise WorkflowError(f"epidemic.observed.{name}: {error}") from error
for task in EACH["diffusion"]["tasks"]:
    if not (catalogue.has(task, "x_shift") and catalogue.has(task, "log_likelihood")):
        raise WorkflowError(
            f"each of diffusion.tasks needs response times, of a simulator with x_shift and "
            f"log_likelihood, but {task} lacks one of them: leave it out, or add it to "
            "benchmarks.tasks"
        )
for asked, pair in ablated["pairs"].items():
    for design in pair:
        if design not in config["designs"]:
            raise WorkflowError(
                f"each of diffusion.ablation.pairs needs two designs, but {design}, of {asked}, has no "
                f"entry in designs (there are {', '.join(config['designs'])}): mend the name or add "
                "the entry"
            )
for task, arm in [
    (task, arm)
    for task in EACH["diffusion"]["tasks"][:1]
    for pair in ablated["pairs"].values()
    for arm in pair
]:
    training = settings.design(config["designs"], arm, task)["training"]
    if training["surrogate"] and training["together"]:
        raise WorkflowError(
            f"designs.{arm}.training, of diffusion.ablation, cannot have surrogate above 0 with "
            "together: true: set one of them to 0 or false"
        )
if ablated["simulations"] + ablated["test"] > EACH["diffusion"]["simulations"]:
    raise WorkflowError(
        "diffusion.ablation learns from the first of diffusion.simulations and is judged by the next "
        f"ones, but {ablated['simulations']} and {ablated['test']} are asked of only "
        f"{EACH['diffusion']['simulations']}: lower them"
    )
for design in ASKED["designs"]:
    if not settings.pairs(config["designs"], [design], ASKED["tasks"], ASKED["only"]):
        own = config["designs"][design].get("tasks", ASKED["tasks"])
        there = [task for task in own if task in ASKED["only"].get(design, [task])]
        raise WorkflowError(
            f"each of benchmarks.designs needs a task, but {design} is for none of benchmarks.tasks "
            f"(it is for {', '.join(there)}): add one, or leave it out"
        )
for design in ASKED["c2st"]["designs"]:
    if design not in config["designs"]:
        raise WorkflowError(
            f"each of benchmarks.c2st.designs needs an entry in designs, but {design} has none "
            f"(there are {', '.join(config['designs'])}): mend the name or leave it out"
        )
for task in config["stan"]["tasks"]:
    if task not in catalogue.keys("stan/reference.py", "PROGRAMS"):
        raise WorkflowError(
            f"each of stan.tasks needs a Stan program, but {task} has none (there are "
            f"{', '.join(catalogue.keys('stan/reference.py', 'PROGRAMS'))}): leave it out, or add "
            f"src/jana/stan/programs/{task}.stan and its entry in src/jana/stan/reference.py"
        )
for name in ("benchmarks", "diffusion"):
    asked = EACH[name]
    fitted = (config["stan"] | asked.get("stan", {}))["datasets"]
    if fitted > asked["observations"]:
        raise WorkflowError(
            f"stan.datasets are the first of {name}.observations, but {fitted} are asked of only "
            f"{asked['observations']}: lower the one or raise the other"
        )
for task in ASKED["tasks"]:
    if task not in config["stan"]["tasks"] or any(
        catalogue.has(task, word) for word in ("exact", "reference")
    ):
        continue
    fitted, many = (
        config["stan"]["datasets"],
        config["stan"]["chains"] // 2 * config["stan"]["draws"],
    )
    if fitted != ASKED["observations"] or many < ASKED["draws"]:
        raise WorkflowError(
            f"the reference of {task} are Stan's fits, which needs stan.datasets to be "
            f"benchmarks.observations, and half of the chains to have benchmarks.draws, but there "
            f"are {fitted} for {ASKED['observations']} and {many} for {ASKED['draws']}: change "
            "stan.datasets and stan.draws, or leave the task out of stan.tasks"
        )
COMPETING = config["comparison"]
for task in {task for task, *_ in settings.contests(COMPETING)} | set(
    COMPETING["tasks"]
):
    if task not in KNOWN or not all(
        catalogue.has(task, word) for word in ("exact", "log_likelihood", "mode")
    ):
        raise WorkflowError(
            "each of comparison.tasks, and of the tasks that a method is also run on, needs a "
            f"simulator with exact, log_likelihood and mode, but {task} is none, or lacks one of them "
            f"(there are {', '.join(t for t in KNOWN if catalogue.has(t, 'mode'))}): leave it out"
        )
for method, setting, entry in [
    (method, setting, entry)
    for method, entries in COMPETING["methods"].items()
    for setting, entry in entries.items()
]:
    asked = entry["settings"]
    if asked.get("design", "") not in ("", *config["designs"]):
        raise WorkflowError(
            f"comparison.methods.{method}.{setting} needs an entry in designs, but "
            f"{asked['design']} has none (there are {', '.join(config['designs'])}): mend the name"
        )
    if asked.get("like", KNOWN[0]) not in KNOWN:
        raise WorkflowError(
            f"comparison.methods.{method}.{setting}.settings.like needs a simulator, but there is no "
            f"{asked['like']}: mend the name"
        )
    parts = asked.get("variational", {"least": 0, "most": 0})
    if parts["least"] > parts["most"]:
        raise WorkflowError(
            f"comparison.methods.{method}.{setting}.settings.variational needs least to be at most "
            f"most, but they are {parts['least']} and {parts['most']}: lower the one or raise the other"
        )
    for budget in {b for b in sum(entry.get("also", {}).values(), entry["budgets"])}:
        if asked.get("per_round") and budget % asked["per_round"]:
            raise WorkflowError(
                f"comparison.methods.{method}.{setting} has rounds of {asked['per_round']} "
                f"simulations, which must make up each budget, but {budget} is no multiple: change "
                "per_round or budgets"
            )
CLAIMED = COMPETING["claims"]
if CLAIMED["setting"] not in set().union(*COMPETING["methods"].values()):
    raise WorkflowError(
        f"comparison.claims.setting needs a setting of one of the methods, but {CLAIMED['setting']} "
        "is none: mend the name"
    )
if CLAIMED["reference"] not in KNOWN:
    raise WorkflowError(
        f"comparison.claims.reference needs a simulator, but there is no {CLAIMED['reference']}: mend "
        "the name"
    )
if COMPETING["floor"]["judged"] > COMPETING["floor"]["samples"]:
    raise WorkflowError(
        "comparison.floor.judged are some of floor.samples, but they are "
        f"{COMPETING['floor']['judged']} of {COMPETING['floor']['samples']}: lower the one or raise the other"
    )
if COMPETING["many"] < COMPETING["draws"]:
    raise WorkflowError(
        f"comparison.many are draws, and comparison.draws at least, but they are {COMPETING['many']} "
        f"and {COMPETING['draws']}: raise the one or lower the other"
    )
if config["device"] == "cuda":
    from jana.recipes import device

    try:
        device("cuda")
    except ValueError as error:
        raise WorkflowError(str(error)) from error
for place in (Path("results"), Path("results", config["scale"])):
    if place.exists() and not place.is_dir():
        raise WorkflowError(
            f"results go to the folder {place.resolve()}, but that is a file: move it out of the way"
        )
    if not access(place if place.exists() else ".", W_OK | X_OK):
        raise WorkflowError(
            f"results go to {place.resolve()}, which cannot be written to: change its permissions, "
            "or run snakemake with --directory and a folder that can"
        )
