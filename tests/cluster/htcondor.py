"""An HTCondor pool on one machine: a slot of CPUs and a slot with GPUs, on loopback.

Debian's release before trixie has no HTCondor, so the pool lives in a trixie folder of its own,
with a private view of the file system in which this machine's Python and the tests' folder show at
their own paths. It runs as an ordinary user: HTCondor refuses jobs of root.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASE = "trixie"
USER, HOME = 12345, "/var/tester"
TOOLS = ("debootstrap", "unshare", "nsenter", "chroot", "mount")
GPUS = 8
CONFIG = """\
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:{port}
UID_DOMAIN = pool
FILESYSTEM_DOMAIN = pool
DAEMON_LIST = MASTER, COLLECTOR, NEGOTIATOR, SCHEDD, STARTD
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
USE_SHARED_PORT = False
LOCAL_DIR = {folder}
RUN = $(LOCAL_DIR)
LOG = $(LOCAL_DIR)/log
LOCK = $(LOCAL_DIR)/lock
SPOOL = $(LOCAL_DIR)/spool
EXECUTE = $(LOCAL_DIR)/execute
LOCAL_CONFIG_DIR =
LOCAL_CONFIG_FILE =
RELEASE_DIR = /usr
LIBEXEC = /usr/libexec/condor
LIB = /usr/lib/condor
SBIN = /usr/sbin
BIN = /usr/bin
# who one says one is: this pool listens on loopback, for one user's tests
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = CLAIMTOBE
SEC_READ_AUTHENTICATION = OPTIONAL
SEC_DEFAULT_ENCRYPTION = OPTIONAL
SEC_DEFAULT_INTEGRITY = OPTIONAL
ALLOW_ADMINISTRATOR = */127.0.0.1
ALLOW_DAEMON = */127.0.0.1
ALLOW_WRITE = */127.0.0.1
ALLOW_READ = */127.0.0.1
ALLOW_NEGOTIATOR = */127.0.0.1
NUM_CPUS = 16
MEMORY = 100000
use feature:GPUs
GPU_DISCOVERY_EXTRA = -simulate:0,{gpus} -extra
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = cpus=8, mem=50000, gpus=0
SLOT_TYPE_1_PARTITIONABLE = True
NUM_SLOTS_TYPE_2 = 1
SLOT_TYPE_2 = cpus=8, mem=50000, gpus=100%
SLOT_TYPE_2_PARTITIONABLE = True
# as pools keep their GPUs free
SLOT_TYPE_2_START = (TARGET.RequestGPUs ?: 0) > 0
SUSPEND = False
PREEMPT = False
RunBenchmarks = False
KILL = False
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_CYCLE_DELAY = 1
NEGOTIATOR_MIN_INTERVAL = 1
UPDATE_INTERVAL = 5
STARTER_UPDATE_INTERVAL = 2
"""
START = """\
set -e
root=$1 user=$2
shift 2
mount --make-rprivate /
for place; do mount --bind "$place" "$root$place"; done
mount --rbind /dev "$root/dev"
mount -t tmpfs shm "$root/dev/shm"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
exec chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --pdeathsig QUIT \
    condor_master -f
"""
FIELDS = (
    "ClusterId", "Iwd", "JobBatchName", "JobStatus", "ExitCode", "NumJobStarts", "LastRemoteHost",
    "RequestCpus", "RequestMemory", "RequestDisk", "RequestGPUs", "AssignedGPUs", "MaxRuntime",
    "QDate", "JobCurrentStartDate", "CompletionDate",
)  # fmt: skip


class ClusterError(Exception):
    """No HTCondor pool can be had on this machine."""


@dataclass(frozen=True)
class Pool:
    """A pool that runs: slot 1 with CPUs, slot 2 with GPUs. It sees studies in its folder only."""

    folder: Path
    master: int  # the process whose view of the file system jobs have

    def entered(self, folder: Path, *command: str) -> list[str]:
        """Return a command as it is run in the pool, in a folder, by its user."""
        who = [f"--setuid={USER}", f"--setgid={USER}"]
        path = "PATH=/usr/local/bin:/usr/bin:/bin"
        settings = [path, f"HOME={HOME}", f"CONDOR_CONFIG={self.folder}/condor_config"]
        enter = ["nsenter", f"--target={self.master}", "--mount", "--root", *who]
        return [*enter, "env", "--ignore-environment", f"--chdir={folder}", *settings, *command]

    def command(self, *arguments: str) -> str:
        """Run one of HTCondor's commands and return what it prints."""
        command = self.entered(self.folder, *arguments)
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode != 0:
            raise ClusterError(f"{' '.join(arguments)}: {process.stderr.strip()}")
        return process.stdout

    @contextlib.contextmanager
    def snakemake(self, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run snakemake in a folder beside the test; its messages go to the file `out`."""
        snakefile = str(REPOSITORY / "Snakefile")
        command = [sys.executable, "-m", "snakemake", "-s", snakefile, *arguments]
        with (folder / "out").open("a") as out:
            process = subprocess.Popen(self.entered(folder, *command), stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def give(self, folder: Path) -> None:
        """Let the pool's user write what a test has put in a folder."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER, follow_symlinks=False)

    def jobs(self, folder: Path) -> pd.DataFrame:
        """Return HTCondor's facts of every job that was submitted from a folder."""
        wanted = ["-json", "-constraint", f'Iwd == "{folder}"', "-attributes", ",".join(FIELDS)]
        texts = [self.command(name, *wanted) for name in ("condor_history", "condor_q")]
        facts = [job for text in texts if text.strip() for job in json.loads(text)]
        return pd.DataFrame(facts, columns=FIELDS).sort_values("ClusterId", ignore_index=True)


def not_installed() -> str | None:
    """Return what is missing to submit jobs to any pool, None where nothing is."""
    if importlib.util.find_spec("snakemake_executor_plugin_htcondor") is None:
        return "not installed: snakemake-executor-plugin-htcondor"
    return None


def missing() -> str | None:
    """Return why no pool can be had here, None where one can."""
    if os.geteuid() != 0:
        return "a folder with another Debian release needs root"
    absent = [name for name in TOOLS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if plugin := not_installed():
        return plugin
    private = subprocess.run(
        ["unshare", "--mount", "mount", "--make-rprivate", "/"], capture_output=True, check=False
    )
    if private.returncode != 0:
        return f"no private mounts: {private.stderr.decode().strip()}"
    return None if _mirror() else "no Debian mirror among apt's sources, or no apt-get update yet"


@contextlib.contextmanager
def htcondor_pool(folder: Path) -> Iterator[Pool]:
    """Install HTCondor in a folder, bring a pool up in it, and take it down.

    Raises:
        ClusterError: it cannot be installed or does not come up; the message has the log's end.
    """
    reason = missing()
    if reason is not None:
        raise ClusterError(reason)
    folder.chmod(0o755)
    _install(folder / "root")
    _configure(folder)
    shared = _shared(folder)
    for place in shared:
        _mount_point(folder / "root", place)
    with _master(folder, shared) as master:
        pool = Pool(folder, master.pid)
        _wait(pool, master)
        yield pool
    if str(folder) not in Path("/proc/self/mountinfo").read_text():  # the repository is not in it
        shutil.rmtree(folder / "root")


def _install(root: Path) -> None:
    """Make a folder with Debian trixie and HTCondor in it."""
    _run("debootstrap", "--variant=minbase", RELEASE, str(root), _mirror())
    refusal = root / "usr" / "sbin" / "policy-rc.d"
    refusal.write_text("#!/bin/sh\nexit 101\n")  # the package's own daemons stay down
    refusal.chmod(0o755)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc") / name, root / "etc" / name)
    packages = ["install", "--yes", "--no-install-recommends", "condor"]
    _run("chroot", str(root), "apt-get", *packages)
    _run(
        "chroot",
        str(root),
        "useradd",
        "--create-home",
        f"--home-dir={HOME}",
        f"--uid={USER}",
        "tester",
    )


def _mirror() -> str:
    """Return the Debian mirror that this machine's own packages come from, empty without one."""
    wanted = ["--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
    if shutil.which("apt-get") is None:
        return ""
    lines = subprocess.run(
        ["apt-get", "indextargets", *wanted], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    mirrors = [line.split("|")[2] for line in lines if line.startswith("Debian|Debian|")]
    return mirrors[0] if mirrors else ""


def _configure(folder: Path) -> None:
    local = folder / "condor"
    for name in ("log", "lock", "spool", "execute"):
        (local / name).mkdir(parents=True)
    for path in (local, *local.iterdir()):
        os.chown(path, USER, USER)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    text = CONFIG.format(folder=local, port=port, gpus=GPUS)
    (folder / "condor_config").write_text(text)


def _shared(folder: Path) -> list[Path]:
    """Return what a job needs of this machine: the tests' folder, the repository, and Python."""
    prefixes = {Path(sys.prefix), Path(sys.base_prefix)}
    places = [folder, REPOSITORY, *sorted(prefixes - {Path("/usr")})]
    if Path("/usr") in prefixes:  # the pool's own /usr stays; Python alone is taken from this one
        places.append(Path(sysconfig.get_path("stdlib")))
        link = Path(sys.executable)
        while link.is_symlink():
            link = link.parent / link.readlink()
            places += [link] if link.is_relative_to("/usr") else []
    return places


def _mount_point(root: Path, place: Path) -> None:
    point = root / place.relative_to("/")
    point.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        point.mkdir(exist_ok=True)
    else:
        point.touch()
    for parent in point.parents:
        if parent.is_relative_to(root):
            parent.chmod(parent.stat().st_mode | 0o555)  # such as /root


@contextlib.contextmanager
def _master(folder: Path, shared: list[Path]) -> Iterator[subprocess.Popen[bytes]]:
    """Run HTCondor's first daemon, which starts the others, in a private view of the files."""
    root = folder / "root"
    arguments = ["unshare", "--mount", "sh", "-c", START, "sh", str(root), str(USER)]
    with (folder / "master.log").open("wb") as out:
        process = subprocess.Popen(
            [*arguments, *map(str, shared)],
            env={"PATH": os.environ["PATH"], "CONDOR_CONFIG": str(folder / "condor_config")},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # not ended by the terminal's Ctrl-C before the jobs are
        )
    try:
        view = _view(process)
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        for member in _members(view):  # nothing that was started in the pool outlives it
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        process.wait()


def _view(process: subprocess.Popen[bytes]) -> Path | None:
    """Return the view of the file system that a process has for itself, None if it ended first."""
    ours = Path("/proc/self/ns/mnt").readlink()
    while process.poll() is None:
        with contextlib.suppress(OSError):
            view = Path(f"/proc/{process.pid}/ns/mnt").readlink()
            if view != ours:
                return view
        time.sleep(0.05)
    return None


def _members(view: Path | None) -> Iterator[int]:
    """Yield the processes that have a view of the file system."""
    for link in Path("/proc").glob("[0-9]*/ns/mnt"):
        with contextlib.suppress(OSError):
            if link.readlink() == view:
                yield int(link.parts[2])


def _wait(pool: Pool, master: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while master.poll() is None and time.monotonic() < end:
        with contextlib.suppress(ClusterError):
            slots = pool.command("condor_status", "-autoformat", "TotalSlotGPUs").split()
            if sorted(slots) == ["0", str(GPUS)]:
                pool.command("condor_q")
                return
        time.sleep(0.2)
    logs = [pool.folder / "master.log", *sorted((pool.folder / "condor" / "log").glob("*Log"))]
    tails = [f"{log.name}:\n{log.read_text(errors='replace')[-1000:]}" for log in logs]
    raise ClusterError("\n".join([f"no pool in {seconds:g} s", *tails]))


def _run(*command: str) -> None:
    process = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        raise ClusterError(f"{' '.join(command[:3])}: {process.stdout[-2000:]}")
