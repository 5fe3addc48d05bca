"""Faults of the servers: PostgreSQL and the broker restarted, killed, emptied, away."""

import os
import random
import signal
import time

import redis
from django.db import connection

from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.world import World, persist


def _restart_broker(world: World, _: Parameters) -> int:
    world.servers.broker.stop()
    world.servers.start_broker()
    return 1


def _crash_broker(world: World, parameters: Parameters) -> int:
    """Kill it, and let it lose what it had written: nothing of ours may depend on that."""
    os.kill(world.servers.broker.pid, signal.SIGKILL)
    world.servers.broker.stop()
    world.servers.start_broker()
    if parameters["empty"]:
        _flush(world, parameters)
    return 1


def _flush(world: World, _: Parameters) -> int:
    with redis.Redis.from_url(world.servers.broker_url) as broker:
        broker.flushall()
    return 1


def _stop_broker(world: World, _: Parameters) -> int:
    world.servers.broker.stop()
    return 1


def _start_broker(world: World, _: Parameters) -> int:
    world.servers.start_broker()
    return 0


def _restart_database(world: World, _: Parameters) -> int:
    world.servers.restart_database()
    return 1


def _crash_database(world: World, _: Parameters) -> int:
    world.servers.crash_database()
    return 1


def _end_backends(_: World, parameters: Parameters) -> int:
    """End every connection of everybody else, several times."""

    def storm() -> int:
        ended = 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND usename = current_user AND backend_type = 'client backend'"
            )
            ended += len(cursor.fetchall())
        return ended

    ended = 0
    for _number in range(parameters["times"]):
        ended += persist(storm)
        time.sleep(0.2)
    return 1 if ended else 0


def _away(rng: random.Random) -> Parameters:
    return {"seconds": rng.choice([3.0, 6.0, 12.0])}


BROKER_AWAY_LONG = "broker away for 5 minutes"
KINDS = (
    Kind("broker restarted", _restart_broker, weight=2),
    Kind("broker killed", _crash_broker, draw=lambda rng: {"empty": rng.random() < 0.5}, weight=2),
    Kind("FLUSHALL", _flush, weight=2),
    Kind("broker away", _stop_broker, _start_broker, _away),
    Kind(BROKER_AWAY_LONG, _stop_broker, _start_broker, seconds=300, weight=0, share=False, whole=True),
    Kind("PostgreSQL restarted", _restart_database, weight=2),
    Kind("PostgreSQL killed", _crash_database, weight=2),
    Kind("database connections ended", _end_backends, draw=lambda rng: {"times": rng.randint(1, 5)}, weight=2),
)
