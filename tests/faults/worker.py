"""The ordinary Celery worker, with kill points, and a planted bug or a false clock if the environment asks for one.

`python -m tests.faults.worker -A portal worker …`: everything after the module is the `celery` command line.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from tests.faults.armed import FOLDER, Fuse

BUG = "FAULTS_BUG"
CLOCK = "FAULTS_CLOCK"
CALL_SECONDS = "FAULTS_CALL_SECONDS"
TIME_LIMITS = ("jobs.exchange.spec:DEFAULT_READ_TIMEOUT", "jobs.exchange.opening:_TIMEOUT")
"""In production a call may take 16 minutes; a campaign cannot wait that long for an answer that never comes."""
PAUSES = {"_FIRST_PAUSE": 2, "_FIRST_PROBE": 3, "MEMORY": 8, "_LONGEST_BACKOFF": 8}
"""Seconds, by their names in `jobs.throttling.decisions`, in place of minutes."""


def main() -> None:
    """Patch, and become the worker."""
    import django

    import portal.celery  # noqa: F401 - Django is configured before the product is imported

    django.setup()
    from tests.faults import bugs, clock, points
    from tests.faults.patching import set_value

    for limit in TIME_LIMITS:
        set_value(limit, lambda _: float(os.environ.get(CALL_SECONDS, "5")))
    set_value("jobs.exchange.spec:_READ_TIMEOUTS", lambda _: {})
    for name, seconds in PAUSES.items():
        set_value(f"jobs.throttling.decisions:{name}", lambda _, seconds=seconds: timedelta(seconds=seconds))

    if shift := os.environ.get(CLOCK):
        clock.shift(float(shift))
    if bug := os.environ.get(BUG):
        bugs.plant(bug)
    points.install(Fuse(Path(os.environ[FOLDER])))
    from celery.__main__ import main as celery

    sys.argv[0] = "celery"
    celery()


if __name__ == "__main__":
    main()
