"""The commands of Signalbox's processes: the one place that `make up`, Docker Compose and the tests take them from."""

import re
import sys
from collections.abc import Mapping

COMMANDS: dict[str, tuple[str, ...]] = {
    "migrate": ("python", "manage.py", "migrate", "--no-input"),
    "web": (
        "granian",
        "--interface",
        "wsgi",
        "--port",
        "${PORT:-8000}",
        "--workers",
        "1",
        "--blocking-threads",
        "4",
        "--workers-kill-timeout",
        "4",
        "portal.wsgi:application",
    ),
    "worker": (
        "celery",
        "-A",
        "portal",
        "worker",
        "-P",
        "threads",
        "-c",
        "${WORKER_THREADS:-100}",
        "-Q",
        "bulk",
        "--without-gossip",
        "--without-mingle",
        "-n",
        "worker@%h",
    ),
    "worker-system": (
        "celery",
        "-A",
        "portal",
        "worker",
        "-P",
        "threads",
        "-c",
        "4",
        "-Q",
        "interactive,system",
        "--without-gossip",
        "--without-mingle",
        "-n",
        "system@%h",
    ),
    "rq-worker": ("python", "manage.py", "rqworker", "exports"),
    "scheduler": (
        "celery",
        "-A",
        "portal",
        "beat",
        "--schedule",
        "${SCHEDULE_FILE:-/tmp/celerybeat-schedule}",
        "--pidfile",
        "",
    ),
}
"""By process name. `${NAME:-default}` stands for a variable of the environment, as in Compose files."""

VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def argv(name: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command line of process `name` for this Python, with its variables filled in from `environment`."""
    program, *arguments = (_fill_in(word, environment) for word in COMMANDS[name])
    # `-m` finds the program beside this interpreter whatever PATH says, and in a virtual environment that was moved.
    module = () if program == "python" else ("-m", program)
    return (sys.executable, *module, *arguments)


def manage(*arguments: str) -> tuple[str, ...]:
    """The command line of a management command for this Python."""
    return (sys.executable, "manage.py", *arguments)


def _fill_in(word: str, environment: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: environment.get(found[1]) or found[2], word)
