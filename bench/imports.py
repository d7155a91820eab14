"""CPU seconds until a job of the workflow begins to work: python bench/imports.py [SCRIPT.py ...]

Of each script of workflow/scripts the imports alone, medians of three processes, longest first.
"""

import ast
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
RUNS = 3


def imports(path: Path) -> str:
    """The script's import statements."""
    body = ast.parse(path.read_text()).body
    chosen = [part for part in body if isinstance(part, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(part) for part in chosen)


def seconds(code: str) -> float:
    """CPU seconds of a process that runs it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=alone)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


named = [Path(name) for name in sys.argv[1:]] or sorted(SCRIPTS.glob("*.py"))
found = {p.name: statistics.median(seconds(imports(p)) for _ in range(RUNS)) for p in named}
for name, value in sorted(found.items(), key=lambda item: -item[1]):
    print(f"{value:5.2f} s  {name}")
