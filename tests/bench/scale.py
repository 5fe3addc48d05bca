"""Runs over 100, 1,000 and 10,000 organizations: does an organization cost the same in a larger run?"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from jobs.runs.selection import Selection
from tenants.organizations.models import Organization
from tests.bench.engine import LATENCY_MS, THREADS, Measured, measure, prepare, start, worldwide
from tests.live import Processes, Sandbox

SIZES = tuple(map(int, os.environ.get("SIZES", "100 1000 10000").split()))
WORKERS = 2
MOST_LAUNCH_SECONDS = 2.0
MOST_GROWTH = 1.10
"""How much more an organization may cost in the largest run than in the one before."""
MOST_MEMORY_GROWTH = 1.25
"""How much more memory the workers may take in the largest run than in the one before."""


def main(sandbox: Sandbox) -> None:
    """Print one row for each size."""
    sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
    prepare(sandbox, SIZES[-1])
    tenants = [o["tenant_id"] for o in worldwide(sandbox, SIZES[-1])]
    ids = list(Organization.objects.filter(tenant_id__in=tenants).order_by("pk").values_list("pk", flat=True))
    measured = [_measured(sandbox, Selection(organization_ids=ids[:size])) for size in SIZES]
    connection.close()
    print(f"scale: one run, {LATENCY_MS} ms an answer, {THREADS} at a time in {WORKERS} fresh worker processes")
    print(
        "  organizations   launch      wall   each at a time   CPU of all processes, each   PostgreSQL, each   workers"
    )
    for size, each in zip(SIZES, measured, strict=True):
        print(
            f"  {size:13,} {each.launch:6.2f} s {each.wall:7.1f} s {1000 * each.wall * THREADS / size:14.0f} ms "
            f"{1000 * each.cpu / size:16.2f} ms {1000 * each.cpu_of_postgresql / size:15.2f} ms {each.peak:7.0f} MiB"
        )
    _judge(measured)


def _measured(sandbox: Sandbox, selection: Selection) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(sandbox, Path(folder))
        try:
            return measure(processes, start(processes, WORKERS), selection)
        finally:
            for process in processes.started:
                processes.stop(process)


def _judge(measured: Sequence[Measured]) -> None:
    before, largest = measured[-2:]
    cost = largest.cpu_of_1000 / before.cpu_of_1000
    memory = largest.peak / before.peak
    print(
        f"  launch of {largest.organizations:,} takes {largest.launch:.2f} s (at most {MOST_LAUNCH_SECONDS:.0f}); "
        f"an organization costs {cost:.2f} times the CPU of a run of {before.organizations:,} (at most {MOST_GROWTH}); "
        f"the workers take {memory:.2f} times the memory (at most {MOST_MEMORY_GROWTH})"
    )
