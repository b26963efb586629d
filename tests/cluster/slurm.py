"""A SLURM cluster on one machine: a CPU node and GPU nodes, on loopback, with accounting."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil

DAEMONS = (
    "munged",
    "mungekey",
    "mariadbd",
    "mariadb-install-db",
    "slurmdbd",
    "slurmctld",
    "slurmd",
)
COMMANDS = ("sbatch", "srun", "sacct", "sacctmgr", "scontrol", "sinfo", "squeue", "scancel")
SITE = Path("/etc/slurm")  # where a job's own srun looks: the Snakemake plugin drops SLURM_CONF
LINKS = ("slurm.conf", "gres.conf")
NODES = ("cpu1", "gpu1", "gpu2", "gpu3")
GPUS = 20  # of node gpu1
CONTROLLER = """\
# test cluster of process {process}
ClusterName=winnow
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=600
SlurmdTimeout=30
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
SlurmdParameters=config_overrides
NodeName=cpu1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={cpu1} CPUs=8 RealMemory=100000
NodeName=gpu1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={gpu1} CPUs={gpus} RealMemory=100000 \
Gres=gpu:a100:{gpus}
NodeName=gpu2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={gpu2} CPUs=1 RealMemory=100000 \
Gres=gpu:a100:1
NodeName=gpu3 NodeHostname=localhost NodeAddr=127.0.0.1 Port={gpu3} CPUs=1 RealMemory=100000 \
Gres=gpu:a100:1
PartitionName=cpu Nodes=cpu1 Default=YES MaxTime=24:00:00 State=UP PreemptMode=OFF
PartitionName=gpu Nodes=gpu1 MaxTime=24:00:00 State=UP PreemptMode=OFF
PartitionName=spare Nodes=gpu2 MaxTime=24:00:00 State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=frail Nodes=gpu3 MaxTime=24:00:00 State=UP PreemptMode=OFF
PartitionName=urgent Nodes=gpu2 MaxTime=24:00:00 State=UP PriorityTier=10 PreemptMode=OFF
"""
GENERIC = """\
AutoDetect=off
NodeName=gpu1 Name=gpu Type=a100 File={folder}/nvidia[0-{last}]
NodeName=gpu2 Name=gpu Type=a100 File={folder}/nvidia0
NodeName=gpu3 Name=gpu Type=a100 File={folder}/nvidia0
"""
ACCOUNTING = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={accounting}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass={password}
StorageLoc=accounting
"""
DATABASE = """\
CREATE DATABASE IF NOT EXISTS accounting;
CREATE USER IF NOT EXISTS slurm@'%' IDENTIFIED BY '{password}';
GRANT ALL ON accounting.* TO slurm@'%';
"""
FIELDS = (
    "JobIDRaw,State,Partition,NodeList,AllocTRES,ReqCPUS,ReqMem,TimelimitRaw,Comment,WorkDir,"
    "Submit,Start,End,ElapsedRaw"
)


class ClusterError(Exception):
    """No SLURM cluster can be had on this machine."""


@dataclass(frozen=True)
class Slurm:
    """A cluster that runs.

    Partition cpu has node cpu1, partition gpu node gpu1 with its GPUs; on node gpu2 with one GPU,
    jobs of partition urgent preempt those of partition spare. Partition frail has node gpu3, with
    one GPU, to be lost.
    """

    folder: Path
    stack: contextlib.ExitStack
    daemons: dict[str, "_Daemon"] = field(default_factory=dict)

    def start(self, node: str) -> None:
        """Bring a node's daemon up."""
        daemon = _daemon(self.folder, "slurmd", "-D", "-N", node)
        self.daemons[node] = self.stack.enter_context(daemon)

    def lose(self, node: str, job: str) -> None:
        """End a node's daemon and all processes of its job at once, as when the machine is gone."""
        running = psutil.process_iter(["cmdline"])
        title = f"slurmstepd: [{job}."
        steps = [own for own in running if "".join(own.info["cmdline"] or []).startswith(title)]
        for process in [*steps, *(child for own in steps for child in own.children(True))]:
            process.kill()
        self.daemons[node].process.kill()

    def command(self, *arguments: str) -> str:
        """Run one of SLURM's commands and return what it prints."""
        process = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if process.returncode != 0:
            raise ClusterError(f"{' '.join(arguments)}: {process.stderr.strip()}")
        return process.stdout

    def jobs(self, folder: Path, *options: str) -> pd.DataFrame:
        """Return the accounting's row of every job that was submitted from a folder."""
        text = self.command(
            "sacct", "-X", "--parsable2", "--noheader", "--starttime=now-1days", *options,
            f"--format={FIELDS}",
        )  # fmt: skip
        rows = pd.DataFrame(
            [line.split("|") for line in text.splitlines()], columns=FIELDS.split(","), dtype=str
        )
        return rows[rows["WorkDir"] == str(folder)].reset_index(drop=True)


def missing() -> str | None:
    """Return why no cluster can be had here, None where one can."""
    if os.geteuid() != 0:
        return "SLURM's daemons need root"
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    absent = [name for name in (*DAEMONS, *COMMANDS) if shutil.which(name, path=path) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    for name in LINKS:
        if _exists(SITE / name) and not _stale(SITE / name):
            return f"this machine has a SLURM already: {SITE / name}"
    return None


@contextlib.contextmanager
def slurm_cluster(folder: Path) -> Iterator[Slurm]:
    """Bring a cluster up in a folder of its own, and take it down.

    Raises:
        ClusterError: a daemon does not come up; the message has the end of its log.
    """
    reason = missing()
    if reason is not None:
        raise ClusterError(reason)
    with contextlib.ExitStack() as stack:
        cluster = Slurm(folder, stack)
        _configure(folder)
        for name in LINKS:
            stack.enter_context(_linked(SITE / name, folder / name))
        _start_accounting(cluster)
        controller = stack.enter_context(_daemon(folder, "slurmctld", "-D", "-i"))
        _wait(controller, lambda: "is UP" in cluster.command("scontrol", "ping"))
        for name in NODES:
            cluster.start(name)
        for name in NODES:
            _wait(cluster.daemons[name], lambda: set(_states(cluster)) == {"idle"})
        stack.callback(_cancel_all, cluster)
        yield cluster


def _configure(folder: Path) -> None:
    names = ("controller", "accounting", "database", *NODES)
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    facts: dict[str, object] = {**ports, "folder": folder, "gpus": GPUS, "last": GPUS - 1}
    facts |= {"password": secrets.token_hex(16), "process": os.getpid()}
    (folder / "state").mkdir()
    (folder / "slurm.conf").write_text(CONTROLLER.format(**facts))
    (folder / "gres.conf").write_text(GENERIC.format(**facts))
    for name, text in (("slurmdbd.conf", ACCOUNTING), ("database.sql", DATABASE)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text.format(**facts))
    (folder / "database.port").write_text(str(ports["database"]))
    for number in range(GPUS):
        # with a plain file as device, jobs are scheduled but see no CUDA_VISIBLE_DEVICES
        os.mknod(folder / f"nvidia{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def _start_accounting(cluster: Slurm) -> None:
    folder, stack = cluster.folder, cluster.stack
    key, data = folder / "munge.key", folder / "database"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}", "--bits=1024"], check=True)
    socket_path = folder / "munge.socket"
    options = [f"--{name}-file={folder / 'munge'}.{name}" for name in ("key", "pid", "log", "seed")]
    # --force: the test's folder is closed to other users, who need no access
    munge = ["munged", "--foreground", "--force", f"--socket={socket_path}", *options]
    _wait(stack.enter_context(_daemon(folder, *munge)), socket_path.exists)
    install = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}"]
    subprocess.run(
        [*install, "--skip-test-db", "--auth-root-authentication-method=normal"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    port = int((folder / "database.port").read_text())
    database = _daemon(
        folder,
        *("mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--port={port}"),
        *("--bind-address=127.0.0.1", f"--socket={folder}/database.socket"),
        *("--skip-name-resolve", f"--init-file={folder}/database.sql"),
        *("--innodb-flush-log-at-trx-commit=0", f"--pid-file={folder}/database.pid"),
    )
    _wait(stack.enter_context(database), lambda: _listens(port))
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}  # slurmdbd.conf lies beside it
    accounting = stack.enter_context(_daemon(folder, "slurmdbd", "-D", **environment))
    _wait(accounting, lambda: "Cluster" in cluster.command("sacctmgr", "list", "cluster"))
    for entity in ("cluster winnow", "account lab", "user root Account=lab"):
        cluster.command("sacctmgr", "-i", "add", *entity.split())


@dataclass(frozen=True)
class _Daemon:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


@contextlib.contextmanager
def _daemon(folder: Path, *command: str, **environment: str) -> Iterator[_Daemon]:
    """Run a daemon in the foreground of a process of its own, ended with the block."""
    name = "-".join([command[0], *(part for part in command[1:] if part in NODES)])
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],  # ends with a test that is killed, too
            env={**os.environ, **environment, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # not ended by the terminal's Ctrl-C before the jobs are
        )
    try:
        yield _Daemon(name, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(daemon: _Daemon, ready: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(ClusterError):
            if ready():
                return
        code = daemon.process.poll()
        if code is not None or time.monotonic() > end:
            what = f"ended with {code}" if code is not None else f"not ready in {seconds:g} s"
            tail = daemon.log.read_text(errors="replace")[-2000:]
            raise ClusterError(f"{daemon.name} {what}:\n{tail}")
        time.sleep(0.1)


@contextlib.contextmanager
def _linked(link: Path, target: Path) -> Iterator[None]:
    link.parent.mkdir(exist_ok=True)
    if _exists(link) and _stale(link):
        link.unlink()
    link.symlink_to(target)
    try:
        yield
    finally:
        link.unlink()


def _cancel_all(cluster: Slurm) -> None:
    """End every job, so that no process of a job outlives the daemons."""
    cluster.command("scancel", "--user=root")
    end = time.monotonic() + 60
    while cluster.command("squeue", "--noheader") and time.monotonic() < end:
        time.sleep(0.5)


def _states(cluster: Slurm) -> list[str]:
    return cluster.command("sinfo", "--noheader", "--Node", "--format=%T").split()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(count: int) -> Sequence[int]:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.socket()) for _ in range(count)]
        for server in servers:
            server.bind(("127.0.0.1", 0))
        return [server.getsockname()[1] for server in servers]


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _stale(link: Path) -> bool:
    """Return whether a link is what a test that was killed left behind."""
    conf = link.resolve().with_name("slurm.conf")
    if not link.is_symlink() or not conf.exists():
        return link.is_symlink()
    match = re.match(r"# test cluster of process (\d+)\n", conf.read_text())
    return match is not None and not Path(f"/proc/{match[1]}").exists()
