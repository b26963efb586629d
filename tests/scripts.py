"""Running rules' scripts as Snakemake runs them, all in one process: it imports TensorFlow once."""

import importlib
import json
import logging
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

FAMILIES = "winnow.networks.families"
SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"


class Ended(NamedTuple):
    """How a script ended, and what it said on the terminal."""

    returncode: int
    stderr: str


class Runner:
    """A process that runs scripts, each on what its rule gives it."""

    def __init__(self, *families):
        """Start the process; it imports what scripts import when the first of them does.

        families: folders with families of networks beside the library's.
        """
        path = [str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *map(str, families)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def __call__(self, script, **job):
        """Run a script; `job` holds `input`, `output`, `params` and so on, and `log`, a path."""
        self.send(script, **job)
        answer = self.process.stdout.readline()
        assert answer, f"{script} ended the process that ran it"
        return Ended(*json.loads(answer))

    def send(self, script, **job):
        """Begin to run a script."""
        print(json.dumps([script, job], default=str), file=self.process.stdin, flush=True)

    def close(self):
        """End the process."""
        with self.process:
            self.process.stdin.close()


def snakemake(job):
    """Return what a script finds as `snakemake`, of Snakemake's own containers."""
    from snakemake import iocontainers

    kinds = {
        "input": iocontainers.InputFiles,
        "output": iocontainers.OutputFiles,
        "params": iocontainers.Params,
        "wildcards": iocontainers.Wildcards,
        "resources": iocontainers.ResourceList,
    }
    found = {}
    for name, kind in kinds.items():
        given = job.get(name, {})
        if not isinstance(given, dict):
            found[name] = kind(given)
        elif name in ("input", "output"):
            found[name] = files(kind(), given)
        else:
            found[name] = kind(fromdict=given)
    threads, log = job.get("threads", 1), iocontainers.Log([job["log"]])
    return SimpleNamespace(**found, threads=threads, log=log, scriptdir=str(SCRIPTS))


def files(found, given):
    """Fill a container as Snakemake does: paths in one row, a name stands for one or several."""
    for name, own in given.items():
        start = len(found)
        found.extend(own if isinstance(own, list) else [own])
        found._set_name(name, start, len(found) if isinstance(own, list) else None)
    return found


def ended(script, job):
    """Run a script in this process and give back the streams, which the job takes over."""
    streams = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as terminal:
        os.dup2(terminal.fileno(), 2)
        code = 0
        try:
            path = SCRIPTS / f"{script}.py"
            runpy.run_path(str(path), init_globals={"snakemake": snakemake(job)}, run_name="job")
        except SystemExit as error:
            code = error.code
        except BaseException:
            code = 1
            os.write(terminal.fileno(), traceback.format_exc().encode())
        finally:
            logging.captureWarnings(False)
            logging.getLogger("py.warnings").handlers.clear()
            for number, stream in enumerate(streams, start=1):
                os.dup2(stream, number)
                os.close(stream)
        terminal.seek(0)
        return code, terminal.read().decode()


def serve():
    """Run the scripts that are asked for, line by line, until there are no more."""
    # a warning of a script is an error as one of a test is; pyproject.toml has the same exceptions
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "", DeprecationWarning, r"keras|tensorflow")
    with os.fdopen(os.dup(1), "w") as answers:
        for line in sys.stdin:
            print(json.dumps(ended(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    importlib.import_module(FAMILIES).__path__.extend(sys.argv[1:])
    serve()
