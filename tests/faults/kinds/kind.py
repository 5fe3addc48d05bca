"""What a kind of fault is."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.world import World

Parameters = Mapping[str, Any]


def _nothing(_: random.Random) -> Parameters:
    return {}


def _never(_world: World, _parameters: Parameters) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that can be injected again from its parameters alone.

    `draw` makes the parameters from a random source. `begin` injects and returns what the fault hit (processes, calls,
    connections); `end`, after `seconds` drawn or fixed, takes it away and returns what it hit since. `share`: whether
    it is quick enough for the share that runs with all tests. `weight`: how often it is drawn, compared with others.
    `whole`: it lasts to its end also when all runs have ended before.
    """

    name: str
    begin: Callable[[World, Parameters], int]
    end: Callable[[World, Parameters], int] = _never
    draw: Callable[[random.Random], Parameters] = _nothing
    seconds: float = 0.0
    weight: float = 1.0
    share: bool = True
    whole: bool = False

    def lasts(self, parameters: Parameters) -> float:
        """Return for how many seconds it is in force."""
        return float(parameters.get("seconds", self.seconds))
