"""Why what was typed fits no one parameter set, and the ways out of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from jobs.catalogue.cmdlets import ParameterSet

_MOST_PAIRS = 3
_MOST_WAYS = 3


@dataclass(frozen=True, slots=True)
class WayOut:
    """A parameter set to use instead, and what was typed that it leaves out."""

    set_name: str
    drops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sentences that say what excludes what, what the chosen set leaves out, and other sets to use."""

    sentences: tuple[str, ...]
    left_out: tuple[str, ...]
    ways: tuple[WayOut, ...]


def conflict_of(sets: Sequence[ParameterSet], chosen: ParameterSet, typed: Collection[str]) -> Conflict | None:
    """Return why the parameters `typed` are not all in the `chosen` one of `sets`; None when they are."""
    homes = {name: [s.name for s in sets if name in s.parameters] for name in typed}
    known = [name for name in typed if homes[name]]
    left_out = tuple(name for name in known if name not in chosen.parameters)
    if not left_out:
        return None
    return Conflict(_sentences(homes, known), left_out, _ways(sets, chosen, known))


def _sentences(homes: dict[str, list[str]], known: list[str]) -> tuple[str, ...]:
    pairs = [(first, second) for first, second in combinations(known, 2) if not set(homes[first]) & set(homes[second])]
    return tuple(
        f"{first} and {second} exclude each other: {first} belongs to {_named(homes[first])}, "
        f"{second} to {_named(homes[second])}."
        for first, second in pairs[:_MOST_PAIRS]
    )


def _ways(sets: Sequence[ParameterSet], chosen: ParameterSet, known: list[str]) -> tuple[WayOut, ...]:
    """Return the other sets that leave out least, if they have anything of what was typed."""
    ways = [WayOut(s.name, tuple(name for name in known if name not in s.parameters)) for s in sets if s is not chosen]
    fewest = min((len(way.drops) for way in ways), default=0)
    return tuple(way for way in ways if len(way.drops) == fewest < len(known))[:_MOST_WAYS]


def _named(sets: list[str]) -> str:
    return f"the set {sets[0]}" if len(sets) == 1 else f"the sets {', '.join(sets[:4])}{' …' if len(sets) > 4 else ''}"
