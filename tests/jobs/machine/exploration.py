"""Every state that the small world can come to, breadth first.

What is wrong shows in one place, as places meet only in idle workers and orders: so the places are explored first, with
the way to whatever is wrong, and then every pair of them.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from jobs.catalogue.effects import Effect
from jobs.runs import machine
from jobs.runs.states import OPEN_TARGET_STATES
from jobs.runs.steps import OnFailure
from tests.jobs.machine.model import MOST_CLAIMS, Broken, Model, Orders, Place

WORKERS = 2
ORDERS = [Orders(cancelled, paused) for cancelled, paused in product((False, True), repeat=2)]
"""What people can have ordered, each at its number."""

Situation = tuple[int, int]
"""The numbers of a place and of what was ordered."""


@dataclass
class Graph:
    """All places that one model can come to; `moves[orders][is_idle][place]` are the places after one move.

    `violations` are the moves that break something, with the way there; `stops_at_first` looks for no more than one.
    """

    model: Model
    stops_at_first: bool = False
    places: list[Place] = field(default_factory=list)
    moves: list[dict[bool, list[list[int]]]] = field(default_factory=lambda: [{True: [], False: []} for _ in ORDERS])
    violations: list[str] = field(default_factory=list)
    _numbers: dict[Place, int] = field(default_factory=dict)

    def explore(self) -> "Graph":
        """Visit every place once under every order that can hold there."""
        start: Situation = (self._number(self.model.start()), 0)
        came_from: dict[Situation, Situation | None] = {start: None}
        waiting = deque([start])
        while waiting and not (self.stops_at_first and self.violations):
            here = waiting.popleft()
            try:
                found = self._after(*here)
            except Broken as broken:
                self.violations.append(f"{broken}\n{self._way(came_from, here)}")
                continue
            for after in found:
                if after not in came_from:
                    came_from[after] = here
                    waiting.append(after)
        return self

    def _after(self, number: int, orders: int) -> list[Situation]:
        place = self.places[number]
        for is_idle in (True, False):
            has_idle = is_idle and len(place.hands) < WORKERS
            moves = self.model.moves(place, ORDERS[orders], has_idle_worker=has_idle)
            self.moves[orders][is_idle][number] = sorted({self._number(after) for after in moves})
        return [
            *((after, orders) for after in self.moves[orders][True][number]),
            *((number, o) for o in others(orders)),
        ]

    def _number(self, place: Place) -> int:
        if place not in self._numbers:
            self._numbers[place] = len(self.places)
            self.places.append(place)
            for by_idleness in self.moves:
                for moves in by_idleness.values():
                    moves.append([])
        return self._numbers[place]

    def _way(self, came_from: dict[Situation, Situation | None], here: Situation) -> str:
        way = []
        step: Situation | None = here
        while step is not None:
            way.append(f"{self.places[step[0]]} {ORDERS[step[1]]}")
            step = came_from[step]
        return "\n".join(reversed(way))


@dataclass(frozen=True, slots=True)
class Explored:
    """How many states of the whole world there are, how many moves between them, and what is wrong anywhere."""

    states: int
    moves: int
    violations: list[str]


def others(orders: int) -> list[int]:
    """Return what people can order next: to stop for good; until then to pause, or to go on."""
    cancelled, paused = ORDERS[orders]
    return [] if cancelled else [ORDERS.index(Orders(True, paused)), ORDERS.index(Orders(False, not paused))]


def graph_of(
    *effects: Effect, rules: Any = machine, on_failure: OnFailure = OnFailure.STOP, stops_at_first: bool = False
) -> Graph:
    """Explore the place of an organization that is sent steps with these `effects`, under `rules`."""
    return Graph(Model(rules, effects, on_failure), stops_at_first).explore()


def explore(one: Graph, two: Graph) -> Explored:
    """Visit every state of a world of two organizations."""
    width, kinds = len(two.places), len(ORDERS)
    hands = [[len(place.hands) for place in graph.places] for graph in (one, two)]
    seen = bytearray(len(one.places) * width * kinds)
    seen[0] = 1
    frontier, states, moves, stuck = [0], 1, 0, []
    while frontier:
        found = []
        for world in frontier:
            pair, orders = divmod(world, kinds)
            first, second = divmod(pair, width)
            is_idle = hands[0][first] + hands[1][second] < WORKERS
            after = [(place * width + second) * kinds + orders for place in one.moves[orders][is_idle][first]]
            after += [(first * width + place) * kinds + orders for place in two.moves[orders][is_idle][second]]
            after += [pair * kinds + other for other in _OTHERS[orders]]
            if not after and _can_go_on(one.places[first], two.places[second]):
                stuck.append(f"nothing can happen any more: {one.places[first]} {two.places[second]}")
            moves += len(after)
            for other in after:
                if not seen[other]:
                    seen[other] = 1
                    found.append(other)
        states += len(found)
        frontier = found
    return Explored(states, moves, [*one.violations, *two.violations, *stuck])


def _can_go_on(*places: Place) -> bool:
    return any(p.target.state in OPEN_TARGET_STATES and p.target.fence < MOST_CLAIMS for p in places)


_OTHERS = [others(orders) for orders in range(len(ORDERS))]
