"""Planting each known bug into the workers, and seeing that its campaign finds it."""

import time

import redis
from django.db import connection

from tests.faults.campaign import Campaign
from tests.faults.complaint import Complaint
from tests.faults.history import History
from tests.faults.plants import LEASE, MOST_ROUNDS, Plant
from tests.faults.worker import BUG
from tests.faults.world import World, persist

PATIENCE_SECONDS = 5 * LEASE
"""A correct engine has long recovered by then."""


def seek(world: World, history: History, plant: Plant) -> Complaint | None:
    """Plant the bug, carry out its round until a checker that may find it complains; returns the complaint."""
    world.crew.stop()
    _forget_runs(world)
    world.start_workers({BUG: plant.bug, **plant.environment})
    history.write("planted", bug=plant.bug)
    campaign = Campaign(world, history)
    try:
        for number in range(1, MOST_ROUNDS + 1):
            found = campaign.carry_out(plant.round(number), patience=PATIENCE_SECONDS)
            for complaint in found:
                if plant.is_found_by(complaint):
                    return complaint
    finally:
        campaign.stop()
    return None


def seek_all(world: World, history: History, plants: list[Plant]) -> list[str]:
    """Seek every bug, print what found it, and return those that nothing found."""
    missed = []
    for plant in plants:
        began = time.monotonic()
        complaint = seek(world, history, plant)
        words = f"found in {time.monotonic() - began:4.0f} s by {complaint}" if complaint else "NOT FOUND"
        print(f"  {plant.bug:58} {words[:110]}", flush=True)
        if complaint is None:
            missed.append(plant.bug)
    print(f"planted bugs found: {len(plants) - len(missed)} of {len(plants)}")
    return missed


def _forget_runs(world: World) -> None:
    """Let nothing of the last bug go on."""

    def forget() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE run CASCADE")

    persist(forget)
    with redis.Redis.from_url(world.servers.broker_url) as broker:
        broker.flushall()
    world.sandbox.control("DELETE", "faults")
    for proxy in world.proxies.values():
        proxy.calm()
