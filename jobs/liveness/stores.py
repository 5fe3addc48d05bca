"""The database, the broker and the disk."""

import shutil
import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat

from jobs.liveness.broker import BrokerAnswer
from jobs.liveness.findings import Finding, Level, in_words, level_of
from portal.core.clock import database_now

DATABASE_WATCH_SECONDS, DATABASE_FAILS_SECONDS = 0.1, 1.0
BROKER_WATCH_SECONDS, BROKER_FAILS_SECONDS = 0.25, 1.0
DISK_WATCH, DISK_FAILS = 0.10, 0.02


def ask_database() -> tuple[datetime, float]:
    """Return the database's time, and the seconds that the answer took over a connection that is open already."""
    connection.ensure_connection()
    began = time.monotonic()
    now = database_now()
    return now, time.monotonic() - began


def database_finding(seconds: float) -> Finding:
    """Say how fast the database answers, and how large it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size: int = cursor.fetchone()[0]
    level = level_of(seconds, watch=DATABASE_WATCH_SECONDS, fails=DATABASE_FAILS_SECONDS)
    return Finding(
        "database",
        "Database",
        level,
        f"Answers in {in_words(seconds)}; holds {filesizeformat(size)}, results included.",
        "answers within 100 ms",
        "" if level is Level.WORKS else "See what else runs on its machine, and whether its disk keeps up.",
        {"answer_seconds": seconds, "bytes": size},
    )


def broker_finding(broker: BrokerAnswer) -> Finding:
    """Say how fast the broker answers."""
    if broker.lengths is None:
        level, fact = Level.FAILS, "The broker cannot be asked: it is away, or does not answer within half a second."
        fix = "Start it. Runs wait and lose nothing meanwhile; they go on by themselves within a minute after."
    else:
        level = level_of(broker.seconds, watch=BROKER_WATCH_SECONDS, fails=BROKER_FAILS_SECONDS)
        fact, fix = f"Answers in {in_words(broker.seconds)}.", "See what else runs on its machine."
    return Finding(
        "broker",
        "Broker",
        level,
        fact,
        "answers within 250 ms",
        "" if level is Level.WORKS else fix,
        {"answer_seconds": None if broker.lengths is None else broker.seconds},
    )


def disk_finding() -> Finding:
    """Say how much room the disk of the exports has left, as this process sees it."""
    folder = _existing(Path(settings.EXPORT_DIR))
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    level = Level.FAILS if share < DISK_FAILS else Level.WATCH if share < DISK_WATCH else Level.WORKS
    return Finding(
        "disk",
        "Disk of exports",
        level,
        f"{filesizeformat(usage.free)} of {filesizeformat(usage.total)} free.",
        "10 % free",
        "" if level is Level.WORKS else "Delete exports that nobody needs, or enlarge the disk.",
        {"free_bytes": usage.free, "total_bytes": usage.total},
    )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
