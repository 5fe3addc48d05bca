"""`make faults`: a campaign from a seed. Exit status 1 if a checker complains."""

import argparse
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.parts import Servers, scratch
from tests.faults.proxy import Loop

if TYPE_CHECKING:  # it needs Django's settings
    from tests.faults.campaign import Campaign
    from tests.faults.history import History
    from tests.faults.nemesis import Round

SHOWN = 3
CONTROL_EVERY = 20
LONG_AT = 50
SHARE_MINUTES = 4


def main() -> int:
    arguments = _parser().parse_args()
    with scratch() as folder:
        loop = Loop()
        servers = Servers(folder, loop)
        try:
            os.environ |= {
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.broker_url,
                "DATA_DIR": str(folder / "data"),
                "DJANGO_SETTINGS_MODULE": "portal.settings.test",
            }
            return _carry_out(arguments, folder, servers, loop)
        finally:
            servers.stop()


def _carry_out(arguments: argparse.Namespace, folder: Path, servers: Servers, loop: Loop) -> int:
    import django

    django.setup()
    # Only now, because these modules need Django's settings.
    from tests.faults.campaign import Campaign
    from tests.faults.history import History
    from tests.faults.planting import seek_all
    from tests.faults.plants import PLANTS
    from tests.faults.world import world

    if arguments.share:
        arguments.minutes = min(arguments.minutes, SHARE_MINUTES)
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # it tells of every fault of the database
    history = History(arguments.seed)
    offered = [plant for plant in PLANTS if plant.in_share or not arguments.share]
    plants = [plant for plant in offered if re.search(arguments.plant or "", plant.bug)]
    complaints, missed = 0, []
    with world(folder, servers, loop) as here:
        if arguments.plant is None:
            here.start_workers()
            complaints = _inject(arguments, Campaign(here, history), history)
            if complaints:
                logs = shutil.copytree(folder / "logs", history.path.with_suffix(".logs"))
                print(f"what the processes logged is in {logs}")
        if not (arguments.round or arguments.replay or arguments.kind or arguments.no_plants):
            missed = seek_all(here, history, plants)
    print(f"seed {arguments.seed}; history: {history.path}")
    return 1 if complaints or missed else 0


def _inject(arguments: argparse.Namespace, campaign: "Campaign", history: "History") -> int:
    """Carry out the rounds, print the figures, and return how often a checker complained."""
    began, last = time.monotonic(), 60 * arguments.minutes
    try:
        for planned in _rounds(arguments):
            if campaign.figures.faults >= arguments.faults or time.monotonic() - began > last:
                break
            _show(planned.number, campaign.carry_out(planned), history.path)
        _show(0, campaign.judge_all(), history.path)
    finally:
        campaign.stop()
    campaign.figures.print(seconds=time.monotonic() - began)
    return len(campaign.figures.complaints)


def _rounds(arguments: argparse.Namespace) -> "Iterator[Round]":
    """Yield the rounds: of a history, one of the seed, or all of the seed with one without faults among twenty."""
    from tests.faults.history import rounds_of
    from tests.faults.nemesis import control_round, long_round, planned_round

    if arguments.replay:
        yield from rounds_of(arguments.replay)
        return
    for number in (arguments.round,) if arguments.round else count(1):
        if number == LONG_AT and not (arguments.share or arguments.kind):
            yield long_round(number)
        elif number % CONTROL_EVERY == 0:
            yield control_round(number)
        else:
            yield planned_round(arguments.seed, number, share=arguments.share, only=arguments.kind)


def _show(number: int, complaints: Sequence[object], history: Path) -> None:
    where = f"round {number}" if number else "at the end"
    for complaint in complaints[:SHOWN]:
        print(f"{where}: {complaint}", flush=True)
    if len(complaints) > SHOWN:
        print(f"{where}: … and {len(complaints) - SHOWN} more, in {history}", flush=True)


def _parser() -> argparse.ArgumentParser:
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=given("SEED", "1"), help="what the schedule follows from")
    parser.add_argument("--faults", type=int, default=given("FAULTS", "500"), help="inject at least so many")
    parser.add_argument("--minutes", type=float, default=given("MINUTES", "120"), help="stop after so long in any case")
    parser.add_argument("--round", type=int, default=given("ROUND"), help="only this round of the seed")
    parser.add_argument("--replay", type=Path, default=given("REPLAY"), help="the rounds of this history file")
    parser.add_argument("--plant", default=given("PLANT"), help="only plant the bugs whose name matches this")
    parser.add_argument("--no-plants", action="store_true", help="plant no bugs")
    parser.add_argument("--kind", default=given("KIND", ""), help="only kinds whose name holds this, one at a time")
    parser.add_argument("--share", action="store_true", help="what runs with all tests: quick kinds, some planted bugs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
