"""The schedule of a campaign: from a seed, round for round, which faults come when, and what goes on meanwhile."""

import random
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tests.faults import load
from tests.faults.kinds import cloud, messages, network, orders, processes, scripted, servers
from tests.faults.kinds.kind import Kind

OF_OUR_SIDE = (*processes.KINDS, *servers.KINDS, *network.KINDS)
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *processes.KINDS,
        *servers.KINDS,
        *cloud.KINDS,
        *network.KINDS,
        *messages.KINDS,
        *orders.KINDS,
        *scripted.KINDS,
    )
}
MOST_TOGETHER = 6
ALONE_EVERY = 3
BEFORE_THE_LAUNCH = -1.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to inject when the share `moment` of the round's organizations has ended."""

    kind: str
    moment: float
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a campaign; `latency_ms` is how long the simulated cloud takes for an answer."""

    number: int
    faults: tuple[Planned, ...]
    launches: tuple[load.Launch, ...]
    latency_ms: int

    def described(self) -> dict[str, Any]:
        """Return it as JSON, from which `from_description` makes it again."""
        return asdict(self)

    @classmethod
    def from_description(cls, described: Mapping[str, Any]) -> "Round":
        """Return the round that a history file describes."""
        return cls(
            described["number"],
            tuple(Planned(**each) for each in described["faults"]),
            tuple(load.Launch(**each) for each in described["launches"]),
            described["latency_ms"],
        )


def planned_round(seed: int, number: int, *, share: bool = False, only: str = "") -> Round:
    """Return round `number` of the campaign with `seed`: always the same, whatever the rounds before it were.

    Every kind comes in turn, so that none is left to chance: in every third round alone, so that recovery is measured,
    else with up to five more drawn by weight. With `share` only kinds come that are quick enough for the tests of
    every day, with `only` those whose name holds it.
    """
    rng = random.Random(f"{seed}:{number}")
    kinds = [kind for kind in KINDS.values() if (kind.weight and (kind.share or not share)) and only in kind.name]
    order = random.Random(f"{seed}:order:{number // len(kinds)}").sample(kinds, len(kinds))
    chosen = [order[number % len(order)]]
    while not only and number % ALONE_EVERY and len(chosen) < MOST_TOGETHER and rng.random() < 0.85:
        _add(chosen, rng.choices(kinds, [kind.weight for kind in kinds])[0])
    faults = tuple(Planned(kind.name, round(rng.uniform(0.0, 0.7), 2), dict(kind.draw(rng))) for kind in chosen)
    return Round(number, faults, tuple(load.draw(rng, str(number))), rng.choice([20, 60, 150]))


def long_round(number: int) -> Round:
    """Return the round in which the broker is away for five minutes: nobody hears of the runs that are launched."""
    rng = random.Random(f"long:{number}")
    fault = Planned(servers.BROKER_AWAY_LONG, BEFORE_THE_LAUNCH, {})
    return Round(number, (fault,), tuple(load.draw(rng, str(number))), 60)


def control_round(number: int) -> Round:
    """Return a round without any fault: what recovery times are compared with."""
    rng = random.Random(f"control:{number}")
    return Round(number, (), tuple(load.draw(rng, str(number))), 60)


def _add(chosen: list[Kind], kind: Kind) -> None:
    """Add a kind, unless it would get in the way of one that is there: only one process can be told where to die."""
    if not any(_excludes(kind, other) for other in chosen):
        chosen.append(kind)


def _excludes(kind: Kind, other: Kind) -> bool:
    return kind.name == other.name or any({kind.name, other.name} <= group for group in EXCLUSIVE)


def _group(names: Collection[str]) -> frozenset[str]:
    return frozenset(names)


EXCLUSIVE = (
    _group({kind.name for kind in processes.KINDS if kind.name.startswith("kill -9 ")}),
    *(_group({kind.name for kind in network.of(place)}) for place in network.PLACES),
    _group({kind.name for kind in cloud.KINDS}),
    _group({kind.name for kind in orders.KINDS}),
    _group({kind.name for kind in servers.KINDS if "roker" in kind.name or kind.name == "FLUSHALL"}),
    _group({kind.name for kind in servers.KINDS if "atabase" in kind.name or "Postgre" in kind.name}),
)
