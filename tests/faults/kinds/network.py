"""Faults of the network, by the proxies before the database, the broker and the cloud."""

import random

from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.proxy import Direction, Toxic
from tests.faults.world import World

PLACES = ("database", "broker", "cloud")


def _disturb(place: str, toxic: Toxic, world: World) -> int:
    world.proxies[place].disturb(toxic)
    return 0


def _calm(place: str, world: World) -> int:
    proxy = world.proxies[place]
    hits = proxy.hits
    proxy.calm()
    return 1 if hits else 0


def _connections_cut(place: str, world: World) -> int:
    hits = world.proxies[place].hits
    world.proxies[place].calm()
    return hits


def of(place: str) -> tuple[Kind, ...]:
    """Return the kinds of faults of the network to `place`."""

    def reset(world: World, parameters: Parameters) -> int:
        return world.proxies[place].reset(parameters["share"], random.Random(parameters["seed"]))

    def cut(world: World, parameters: Parameters) -> int:
        toxic = Toxic(cut_after=parameters["after"], direction=Direction(parameters["direction"]))
        return _disturb(place, toxic, world)

    def drip(world: World, parameters: Parameters) -> int:
        return _disturb(place, Toxic(drip=parameters["size"], direction=Direction(parameters["direction"])), world)

    return (
        Kind(
            f"{place}: latency",
            lambda world, parameters: _disturb(place, Toxic(latency=parameters["latency"]), world),
            lambda world, _: _calm(place, world),
            lambda rng: {"latency": rng.choice([0.05, 0.2])},
            seconds=3,
        ),
        Kind(
            f"{place}: connections reset",
            reset,
            draw=lambda rng: {"share": rng.choice([0.3, 1.0]), "seed": rng.randrange(1000)},
        ),
        Kind(
            f"{place}: black hole",
            lambda world, _: _disturb(place, Toxic(holds=True), world),
            lambda world, _: _calm(place, world),
            lambda rng: {"seconds": rng.choice([2.0, 5.0, 9.0])},
        ),
        Kind(
            f"{place}: no connection taken",
            lambda world, _: _disturb(place, Toxic(refuses=True), world) + world.proxies[place].reset(),
            lambda world, _: _calm(place, world),
            seconds=3,
        ),
        Kind(
            f"{place}: connections cut at a byte",
            cut,
            lambda world, _: _connections_cut(place, world),
            lambda rng: {"after": rng.choice([0, 1, 7, 100, 1_500, 4_000]), "direction": rng.choice(list(Direction))},
            seconds=0.7,
        ),
        Kind(
            f"{place}: slow drip",
            drip,
            lambda world, _: _calm(place, world),
            lambda rng: {"size": rng.choice([64, 512]), "direction": rng.choice(list(Direction))},
            seconds=3,
        ),
    )


KINDS = tuple(kind for place in PLACES for kind in of(place))
