"""Stands in for Signalbox's own `manage.py`: its commands do the least that `make up` can observe."""

import json
import os
import signal
import sys
from pathlib import Path

import psycopg


def migrate() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO starts DEFAULT VALUES")
    return 0


def load_demo() -> int:
    if "--show-sign-ins" in sys.argv:
        print("sign-in: technician@signalbox.example")
        return 0
    for name in ("SANDBOX_URL", "O365DEFAULT_EXCHANGE_URL", "MICROSOFT_CA_FILE"):
        print(f"{name}={os.environ[name]}")
    return 0


def run_cmdlet() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM starts").fetchone()
    print(f"{sys.argv[2]}: start number {row[0] if row else 0}")
    if "JOB_OPEN" not in os.environ:
        return 1  # as after a crash: no report
    Path(sys.argv[sys.argv.index("--report") + 1]).write_text(json.dumps({"open": int(os.environ["JOB_OPEN"])}))
    return 1


def rqworker() -> int:
    """Like RQ's own: the child that does the work leaves the process group; this one is deaf besides."""
    if os.fork() == 0:
        os.setpgrp()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(
        {"migrate": migrate, "load_demo": load_demo, "run_cmdlet": run_cmdlet, "rqworker": rqworker}[sys.argv[1]]()
    )
