"""Snakemake for many dry runs: each is a fork of this process, which has imported it.

Reads lines of JSON: a folder, a file for both outputs, arguments; answers each with a return code.
"""

import json
import os
import signal
import sys
import traceback

import jsonschema  # noqa: F401
import pandas  # noqa: F401
import snakemake.api
import snakemake.cli
import snakemake.linting.rules
import torch  # noqa: F401
import yaml  # noqa: F401


def run(folder, log, arguments):
    """In a child: as `python -m snakemake` in that folder, with the package that lies there."""
    os.chdir(folder)
    sys.path.insert(0, os.path.join(folder, "src"))
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = ["snakemake", *arguments]
    try:
        snakemake.cli.main(arguments)
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        raise


for line in sys.stdin:
    child = os.fork()
    if not child:
        signal.alarm(600)  # seconds: none takes so long
        code = 1
        try:
            code = run(*json.loads(line))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
