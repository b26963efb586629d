"""Processes that are forked from one that has made their imports: most of their time goes there.

Each is a process of its own, as a command line's is. The house's own modules are not imported
before: every process reads them as they stand. Nothing here starts TensorFlow, whose threads a fork
would lose.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

# what a plan imports, and what jobs do
PLAN = (
    *("snakemake.cli", "snakemake.report.html_reporter", "snakemake.assets", "snakemake.profiles"),
    *("h5py", "jinja2", "jsonschema", "lark", "nbformat", "numpy", "pandas", "pyarrow.csv"),
    *("pyarrow.parquet", "requests", "smart_open", "uproot", "yaml"),
)
JOB = (
    *("snakemake.script", "h5py", "jinja2", "keras", "lark", "matplotlib.pyplot", "mplhep"),
    *("numpy", "pandas", "pyarrow.csv", "pyarrow.feather", "pyarrow.parquet", "scipy.stats"),
    *("sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "tensorflow"),
)

WITHOUT_JOBS = {
    *("-n", "--containerize", "--dry-run", "--lint", "--report", "--rulegraph", "--unlock")
}


class Process:
    """A process that was forked; much of what `subprocess.Popen` offers."""

    def __init__(self, path, request, stdout, stderr):
        """Ask the process that listens at a path for it."""
        self.returncode = None
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(path)
        socket.send_fds(self.connection, [json.dumps(request).encode() + b"\n"], [stdout, stderr])
        self.answers = self.connection.makefile()
        self.pid = int(self.answers.readline())

    def wait(self, timeout=None):
        """Wait for its end and return the exit code; of a process that was killed, -9."""
        if self.returncode is None:
            if not select.select([self.connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            self.returncode = int(self.answers.readline() or -signal.SIGKILL)
            self.answers.close()
            self.connection.close()
        return self.returncode

    def poll(self):
        """Return the exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number):
        """Send a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Server:
    """The process that others are forked from."""

    def __init__(self, imported):
        """Start it and wait for its imports."""
        # a socket's path has little room
        self.folder = tempfile.TemporaryDirectory(prefix="forked-")
        self.path = str(Path(self.folder.name) / "socket")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "serve", self.path, *imported],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        assert self.process.stdout.readline(), "the process that forks has ended"

    def start(self, kind, arguments, folder, stdout, stderr, **environment):
        """Start a process: a kind of `KINDS`, its arguments, its streams as open files."""
        request = [kind, arguments, str(folder), {**os.environ, **environment}]
        return Process(self.path, request, stdout.fileno(), stderr.fileno())

    def close(self):
        """End it."""
        with self.process:
            self.process.stdin.close()
        self.folder.cleanup()


@functools.cache
def server(*imported):
    """Return this process's server with these imports, started when it is first asked for."""
    own = Server(imported)
    atexit.register(own.close)
    return own


@functools.cache
def python():
    """Return a program that runs a script as Python does, forked from the server of jobs."""
    own = server(*JOB)
    program = Path(own.folder.name) / "python"
    command = f"exec {sys.executable} -I -S {__file__} launch {own.path}"
    program.write_text(f'#!/bin/sh\n{command} "$@"\n')
    program.chmod(0o755)
    return str(program)


def snakemake(arguments, folder, output):
    """Run `snakemake ARGUMENTS` in a folder, all it says into an open file; return its exit code.

    Its jobs are forked, too, where it starts any.
    """
    jobs = "" if WITHOUT_JOBS & set(arguments) else python()
    return server(*PLAN).start("snakemake", [jobs, *arguments], folder, output, output).wait()


def _snakemake(jobs, *arguments):
    from snakemake.cli import main

    sys.path[0] = str(Path.cwd())
    sys.argv = ["snakemake", *arguments]
    if jobs:
        sys.executable = jobs
    main(list(arguments))


def _script(path, *arguments):
    sys.path[0] = str(Path(path).parent)
    sys.argv = [path, *arguments]
    # a warning of a script is an error as one of a test is; pyproject.toml has the same exceptions
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "", DeprecationWarning, r"keras|tensorflow")
    runpy.run_path(path, run_name="__main__")


def _function(module, name, *arguments):
    sys.path[:1] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.argv = [module, *arguments]
    getattr(importlib.import_module(module), name)()


KINDS = {"snakemake": _snakemake, "script": _script, "function": _function}


def _be(connection):
    """Be the process that a connection asks for, to its end."""
    request, descriptors, *_ = socket.recv_fds(connection, 1 << 20, 2)
    while not request.endswith(b"\n"):
        request += connection.recv(1 << 20)
    kind, arguments, folder, environment = json.loads(request)
    connection.send(f"{os.getpid()}\n".encode())
    for stream, descriptor in zip((1, 2), descriptors, strict=True):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    code = 0
    try:
        KINDS[kind](*arguments)
    except SystemExit as ended:
        code = ended.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(f"{code}\n".encode())
    os._exit(code)


def _reap(*_):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(path, *imported):
    """Fork a process for each connection until the standard input ends."""
    # third parties' own, as Keras' and HTCondor's client's
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in imported:
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _be(connection)
            connection.close()


def launch(path, *arguments):
    """Run a script in a forked process as if it were this one."""
    request = ["script", arguments, str(Path.cwd()), dict(os.environ)]
    process = Process(path, request, 1, 2)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: process.send_signal(received))
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit({"serve": serve, "launch": launch}[sys.argv[1]](*sys.argv[2:]))
