# What the schema cannot say of a configuration, refused before anything runs.
from snakemake.exceptions import WorkflowError

from jana import provenance

HOME = Path(workflow.basedir)
ASKED = config["benchmarks"]
KNOWN = {path.stem for path in (HOME / "src" / "jana" / "simulators").glob("*.py")}
KNOWN -= {"__init__", "base", "priors"}

if provenance.SOURCE.resolve() != (HOME / "src").resolve():
    raise WorkflowError(
        f"the package installed here must be this tree's, but it is that of {provenance.SOURCE}: "
        f"use this tree's own .venv (make report), or run pip install --no-deps -e {HOME}"
    )
for task in ASKED["tasks"]:
    if task not in KNOWN:
        raise WorkflowError(
            f"each of benchmarks.tasks needs a simulator, but there is no src/jana/simulators/"
            f"{task}.py (there are {', '.join(sorted(KNOWN))}): mend the name or add the file"
        )
for design in ASKED["designs"]:
    if design not in config["designs"]:
        raise WorkflowError(
            f"each of benchmarks.designs needs an entry in designs, but {design} has none (there "
            f"are {', '.join(config['designs'])}): mend the name or add the entry"
        )
for part in ("calibration", "evidence"):
    if ASKED[part]["datasets"] > ASKED["test"]:
        raise WorkflowError(
            f"benchmarks.{part}.datasets are the first of benchmarks.test, but {part} needs "
            f"{ASKED[part]['datasets']} of only {ASKED['test']}: lower the one or raise the other"
        )
