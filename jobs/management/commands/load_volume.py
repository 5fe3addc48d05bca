"""Fill a development database with a year of made-up runs, to measure and to look at."""

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from jobs.volume.load import load_volume
from portal.core.context import is_simulated_cloud

MOST = {"organizations": 20_000, "targets": 2_000_000, "rows": 10_000_000}


class Command(BaseCommand):
    help = "Load a volume: organizations, a year of runs, results with rows, audit events. Only for development."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organizations", type=int, default=1000, help="organizations to have in all")
        parser.add_argument("--targets", type=int, default=100_000, help="organizations of all runs together")
        parser.add_argument("--rows", type=int, default=1_000_000, help="objects that Exchange answered, in all")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--until", type=date.fromisoformat, help="the day after the last run (today)")
        parser.add_argument(
            "--into-this-database",
            action="store_true",
            help="load although no simulated cloud is in use: made-up runs would stand among real ones for ever",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["into_this_database"] or is_simulated_cloud()):
            raise CommandError(
                "This database belongs to an installation without a simulated cloud. Made-up runs would stand among "
                "its real ones, and its audit trail, for ever. If it is empty and made for this: --into-this-database"
            )
        for name, most in MOST.items():
            if not 1 <= options[name] <= most:
                raise CommandError(f"--{name} must be between 1 and {most:,}.")
        until = options["until"] or timezone.now().date()
        began = time.monotonic()
        with Progress(console=Console(), transient=True) as progress:
            bar = progress.add_task("Making up run targets", total=None)
            try:
                loaded = load_volume(
                    organizations=options["organizations"],
                    targets=options["targets"],
                    rows=options["rows"],
                    seed=options["seed"],
                    until=datetime(until.year, until.month, until.day, tzinfo=UTC),
                    report=lambda what, done, total: progress.update(
                        bar, description=what, completed=done, total=total
                    ),
                )
            except IntegrityError as error:
                raise CommandError("This volume is there already. Choose another --seed to add another one.") from error
        self.stdout.write(
            f"{loaded.organizations:,} organizations, {loaded.runs:,} runs, {loaded.targets:,} run targets, "
            f"{loaded.rows:,} result rows, {loaded.events:,} audit events in {time.monotonic() - began:.0f} s "
            f"(seed {options['seed']}). The run with the most rows: /runs/{loaded.largest_run_id}/results/"
        )
