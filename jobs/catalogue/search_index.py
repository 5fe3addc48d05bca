"""The words of every cmdlet and its parameters, and how much a typed word resembles them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz import fuzz

from jobs.catalogue.cmdlets import raw_cmdlets
from jobs.catalogue.effects import cmdlet_effect

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MINIMUM = 62.0  # of 100; below this a token and a word are unlike
_MISSPELT_WEIGHT = 0.7  # less than a parameter word: a word that exists was not meant as another one


@dataclass(frozen=True, slots=True)
class Entry:
    """One cmdlet as the search sees it; `traits` are the values by which lists are narrowed, by filter."""

    name: str
    risk: str
    traits: dict[str, frozenset[str]]
    name_words: frozenset[str]
    parameter_words: frozenset[str]


def words(name: str) -> frozenset[str]:
    """Return the lower-case words of a name, and the noun as a whole so that it can be typed in one go."""
    split = [word.lower() for word in WORD.findall(name)]
    return frozenset((*split, *(part.lower() for part in name.split("-"))))


@cache
def index() -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Return one entry per cmdlet and the vocabulary of all their words."""
    entries = []
    words_of_parameter: dict[str, frozenset[str]] = {}
    for name, raw in raw_cmdlets().items():
        for parameter in raw["parameters"]:
            if parameter not in words_of_parameter:
                words_of_parameter[parameter] = words(parameter)
        own = frozenset[str]().union(*(words_of_parameter[p] for p in raw["parameters"]))
        entries.append(Entry(name, raw["risk"], _traits(name, raw), words(name), own))
    vocabulary = frozenset[str]().union(*(e.name_words | e.parameter_words for e in entries))
    return tuple(entries), tuple(sorted(vocabulary))


def _similarity(token: str, word: str) -> float:
    if token == word:
        return 100.0
    if word.startswith(token):
        return 80.0 + 18.0 * len(token) / len(word)
    ratio = fuzz.ratio(token, word, score_cutoff=_MINIMUM)
    if len(token) >= 3 and token[0] == word[0] and _is_subsequence(token, word):
        return max(ratio, 66.0 + 20.0 * len(token) / len(word))
    return ratio


def _is_subsequence(token: str, word: str) -> bool:
    letters = iter(word)
    return all(letter in letters for letter in token)


def likenesses_of(token: str) -> dict[str, float]:
    """Return how much each word of the vocabulary resembles `token`, leaving out the unlike."""
    scores = ((word, _similarity(token, word)) for word in index()[1])
    likenesses = {word: score for word, score in scores if score >= _MINIMUM}
    if token not in likenesses:
        return likenesses
    return {
        word: score if word.startswith(token) or token.startswith(word) else _MISSPELT_WEIGHT * score
        for word, score in likenesses.items()
    }


def _traits(name: str, raw: dict[str, Any]) -> dict[str, frozenset[str]]:
    effect = cmdlet_effect(name, verb=raw["verb"], risk=raw["risk"], active_read=raw.get("active_read", False))
    return {
        "verb": frozenset({raw["verb"]}),
        "noun": frozenset({raw["noun"]}),
        "service": frozenset(raw["services"]),
        "risk": frozenset({raw["risk"]}),
        "effect": frozenset({effect.value}),
        "dry_run": frozenset({"yes" if raw.get("whatif_in") else "no"}),
    }
