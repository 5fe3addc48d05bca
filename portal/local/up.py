"""`make up`: from a fresh clone to a page that shows a finished run in every organization of the simulated cloud."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from portal.local import environment, ports, postgresql, secret_files, valkey
from portal.local.commands import argv, manage
from portal.local.lock import AlreadyRunning, only_one
from portal.local.log import Log
from portal.local.options import InvalidOption, Options
from portal.local.paths import DATA
from portal.local.process import Process, StartFailed, spawn
from portal.local.supervisor import Supervisor
from portal.local.unprivileged import UnsafeFolder

MAIN_JOB = ("run_cmdlet", "Get-AcceptedDomain", "--all")
INTERRUPTED = 130
REFUSED = 2


def up() -> int:
    """Start everything, run the main job, and serve until Ctrl-C (with ONCE=1: stop after the job).

    Returns the exit status: 0, 1 if something could not start or (ONCE) a target has no terminal state, 2 if the start
    was refused, 130 if interrupted before the job's end.
    """
    try:
        options = Options.from_environment(os.environ)
        with only_one(DATA / "lock"):
            ports.refuse_if_taken(options.port)
            return _Session(options, DATA).run()
    except (InvalidOption, AlreadyRunning, ports.PortTaken) as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


class _Session:
    """One `make up`."""

    def __init__(self, options: Options, data: Path) -> None:
        self._options = options
        self._data = data
        self._began = time.monotonic()
        self._log = Log(data / "logs")
        self._supervisor = Supervisor(self._log)
        self._job_done = False

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            return self._serve()
        except (StartFailed, postgresql.CannotPrepare, UnsafeFolder) as failure:
            self._log.say(str(failure))
            return 1
        except KeyboardInterrupt:
            return 0 if self._job_done else INTERRUPTED
        finally:
            self._stop()

    def _serve(self) -> int:
        every_target_ended = self._start_and_run_job()
        if not self._options.once:
            self._supervisor.watch()
        return 0 if every_target_ended else 1

    def _start_and_run_job(self) -> bool:
        folder = self._data / "sandbox"
        self._supervisor.launch(_sandbox(self._options, folder))
        servers = self._launch_servers()
        self._supervisor.launch(_once("migrate", argv("migrate", servers), servers, depends=self._own_servers()))
        self._supervisor.wait("sandbox", "migrate")
        self._report("database, broker and simulated cloud are ready")
        complete = self._environment(servers["DATABASE_URL"], servers["REDIS_URL"], environment.read_sandbox(folder))
        environment.keep(self._data / "environment", complete)
        self._supervisor.launch(*_portal(complete, self._options.port, self._own_servers()))
        self._supervisor.wait("web")
        self._report(f"first page: http://{ports.LOOPBACK}:{self._options.port}/")
        self._supervisor.wait("load-demo", "worker", "worker-system", "rq-worker", "scheduler", timeout=600)
        self._report(f"workers run, demo data is loaded; now {' '.join(MAIN_JOB[1:])}")
        report = self._data / "main-job.json"
        report.unlink(missing_ok=True)
        status = self._in_foreground(complete, *MAIN_JOB, "--report", str(report))
        self._job_done = True
        every_target_ended = _says_that_nothing_is_open(report)
        if not every_target_ended:
            self._report(f"the job did not end: status {status}, see .data/logs")
        if not self._options.once:
            self._in_foreground(complete, "load_demo", "--show-sign-ins")
            self._report(f"Signalbox: http://{ports.LOOPBACK}:{self._options.port}/   (Ctrl-C stops it)")
        return every_target_ended

    def _launch_servers(self) -> dict[str, str]:
        """Start the servers that the environment does not name; return the environment that reaches both."""
        private = self._data / "secrets"
        database_url, redis_url = self._options.database_url, self._options.redis_url
        if redis_url is None:
            broker = valkey.prepare(self._data / "valkey", private / "valkey_password")
            self._supervisor.launch(broker.process)
            redis_url = broker.url
        if database_url is None:
            database = postgresql.prepare(self._data / "postgresql", private / "postgresql_password")
            self._supervisor.launch(database.process)
            database_url = database.url
        return self._environment(database_url, redis_url, None)

    def _own_servers(self) -> tuple[str, ...]:
        given = {"postgresql": self._options.database_url, "valkey": self._options.redis_url}
        return tuple(name for name, url in given.items() if url is None)

    def _environment(self, database_url: str, redis_url: str, sandbox: environment.Sandbox | None) -> dict[str, str]:
        inherited = dict(os.environ)
        for name in ("DATABASE_URL", "REDIS_URL"):
            if name not in inherited:
                inherited.pop(f"{name}_PASSWORD_FILE", None)
        return environment.compose(
            inherited,
            data=self._data,
            database_url=database_url,
            redis_url=redis_url,
            secret_files=secret_files.ensure(self._data / "secrets"),
            port=self._options.port,
            worker_threads=self._options.worker_threads,
            sandbox=sandbox,
        )

    def _in_foreground(self, variables: dict[str, str], *arguments: str) -> int:
        """Run a management command on our terminal, with the other processes silent unless something is wrong."""
        marked = {**variables, **self._supervisor.mark_variables()}
        process = Process(name=arguments[0], command=manage(*arguments), environment=marked)
        self._log.quiet = True
        popen = spawn(process, output=None)
        try:
            return self._status_of(popen)
        except BaseException:
            popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                popen.wait(1)
            raise
        finally:
            self._log.quiet = False

    def _status_of(self, popen: subprocess.Popen[bytes]) -> int:
        """Wait for the exit status; raises `StartFailed` if a process that the job needs could not start."""
        status = None
        while status is None:
            with suppress(subprocess.TimeoutExpired):
                status = popen.wait(0.2)
            self._supervisor.check()
        return status

    def _report(self, text: str) -> None:
        self._log.say(f"{time.monotonic() - self._began:5.1f} s  {text}")

    def _stop(self) -> None:
        self._log.quiet = True
        began = time.monotonic()
        try:
            self._log.say("stopping; Ctrl-C again ends everything at once")
            self._supervisor.stop()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._supervisor.kill()
        self._log.say(f"stopped in {time.monotonic() - began:.1f} s")
        self._log.close()


def _sandbox(options: Options, folder: Path) -> Process:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ready.json").unlink(missing_ok=True)
    # A port chosen here stays the same when the process has to be started again.
    port = ports.kept(folder / "port")
    command = [sys.executable, "-m", "portal.sandbox", "--port", str(port), "--data", str(folder)]
    command += ["--organizations", str(options.organizations), "--seed", str(options.seed)]
    command += ["--catalogue", "jobs/catalogue/data/cmdlets.json"]
    if options.latency is not None:
        command += ["--latency", str(options.latency)]
    variables = environment.cleaned(os.environ) | {"PYTHONUNBUFFERED": "1"}
    return Process(
        name="sandbox", command=tuple(command), environment=variables, ready=lambda: _sandbox_answers(folder)
    )


def _sandbox_answers(folder: Path) -> bool:
    found = environment.read_sandbox(folder)
    return found is not None and psutil.pid_exists(found.pid)


def _portal(variables: dict[str, str], port: int, servers: tuple[str, ...]) -> tuple[Process, ...]:
    """The processes of the portal. Two cores serve the first page sooner if the workers start after the web server."""
    web = Process(
        name="web",
        command=argv("web", variables),
        environment=variables,
        ready=lambda: _web_is_ready(port),
        depends=("migrate", *servers),
    )
    later = (
        Process(name=name, command=argv(name, variables), environment=variables, depends=("web", *servers))
        for name in ("worker", "worker-system", "rq-worker", "scheduler")
    )
    return (web, _once("load-demo", manage("load_demo"), variables, depends=("migrate", *servers)), *later)


def _once(name: str, command: tuple[str, ...], variables: dict[str, str], *, depends: tuple[str, ...]) -> Process:
    return Process(name=name, command=command, environment=variables, depends=depends, once=True)


def _web_is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _says_that_nothing_is_open(report: Path) -> bool:
    """Whether the job wrote its report, and every target in it has its one outcome."""
    try:
        return bool(json.loads(report.read_text(encoding="utf-8"))["open"] == 0)
    except (FileNotFoundError, ValueError, KeyError):
        return False
