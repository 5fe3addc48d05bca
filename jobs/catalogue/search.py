"""Find a cmdlet from a few half-remembered words."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from jobs.catalogue.cmdlets import Cmdlet, find, raw_cmdlets
from jobs.catalogue.synonyms import STOP_WORDS, readings

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_QUERY_TOKEN = re.compile(r"[a-z0-9]+")
_PARAMETER_WEIGHT = 0.72  # a word of a parameter name counts less than one of the cmdlet's own name
_MINIMUM = 62.0  # of 100; below this a token and a word are unlike
_MISSPELT_WEIGHT = 0.7  # less than a parameter word: a word that exists was not meant as another one
_ABBREVIATIONS = {"dl": "distribution", "mbx": "mailbox"}
_MOST_TOKENS = 8
_RISK_ORDER = {"read": 0, "change": 1, "destructive": 2, "session": 3}


@dataclass(frozen=True, slots=True)
class Match:
    """One cmdlet found; `score` is 0 to 100; `matched` names the parameters that made it match."""

    cmdlet: Cmdlet
    score: float
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """How many cmdlets each filter value holds, most frequent first."""

    verbs: dict[str, int]
    services: dict[str, int]
    risks: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    verb: str
    services: frozenset[str]
    risk: str
    name_words: frozenset[str]
    parameter_words: frozenset[str]


def _words(name: str) -> frozenset[str]:
    """Return the lower-case words of a name, and the noun as a whole so that it can be typed in one go."""
    split = [word.lower() for word in _WORD.findall(name)]
    return frozenset((*split, *(part.lower() for part in name.split("-"))))


@cache
def _index() -> tuple[tuple[_Entry, ...], tuple[str, ...]]:
    """Return one entry per cmdlet and the vocabulary of all their words."""
    entries = []
    words_of_parameter: dict[str, frozenset[str]] = {}
    for name, raw in raw_cmdlets().items():
        for parameter in raw["parameters"]:
            if parameter not in words_of_parameter:
                words_of_parameter[parameter] = _words(parameter)
        words = frozenset[str]().union(*(words_of_parameter[p] for p in raw["parameters"]))
        entries.append(_Entry(name, raw["verb"], frozenset(raw["services"]), raw["risk"], _words(name), words))
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


def _likenesses(token: str) -> dict[str, float]:
    """Return how much each word of the vocabulary resembles `token`, leaving out the unlike."""
    scores = ((word, _similarity(token, word)) for word in _index()[1])
    likenesses = {word: score for word, score in scores if score >= _MINIMUM}
    if token not in likenesses:
        return likenesses
    return {
        word: score if word.startswith(token) or token.startswith(word) else _MISSPELT_WEIGHT * score
        for word, score in likenesses.items()
    }


def _best(words: Iterable[str], likenesses: dict[str, float]) -> float:
    return max((likenesses.get(word, 0.0) for word in words), default=0.0)


def _score(entry: _Entry, tokens: list[dict[str, float]]) -> float:
    """Return 0 if a token resembles nothing in the entry, else the mean likeness less a little for words not asked."""
    total = 0.0
    for likenesses in tokens:
        in_name = _best(entry.name_words, likenesses)
        best = max(in_name, _PARAMETER_WEIGHT * _best(entry.parameter_words, likenesses)) if in_name < 95 else in_name
        if not best:
            return 0.0
        total += best
    return total / len(tokens) - 0.8 * len(entry.name_words)


def _read(typed: str) -> list[list[dict[str, float]]]:
    """Return for each reading of the typed words what each of its words resembles; a word not typed, only itself."""
    known = {word: _likenesses(_ABBREVIATIONS.get(word, word)) for word in _telling(typed)}
    return [[known.get(word) or {word: 100.0} for word in _telling(reading)] for reading in readings(typed)]


def _telling(text: str) -> list[str]:
    """Return the first words that tell which cmdlet is meant; if none does, all that there are."""
    words = list(dict.fromkeys(text.split()))
    return ([word for word in words if word not in STOP_WORDS] or words)[:_MOST_TOKENS]


def search(
    text: str, *, verb: str | None = None, service: str | None = None, risk: str | None = None, limit: int = 50
) -> list[Match]:
    """Return the cmdlets that `text` may mean, best first.

    Tolerates typing errors, abbreviations and what people call things otherwise, over verbs, nouns and parameter
    names. Empty text returns everything that the filters let through, by name. At most `limit` matches.
    """
    kept = [
        entry
        for entry in _index()[0]
        if (verb is None or entry.verb.lower() == verb.lower())
        and (service is None or service in entry.services)
        and (risk is None or entry.risk == risk)
    ]
    typed = " ".join(_QUERY_TOKEN.findall(text.lower()[:200]))
    if not typed:
        return [Match(find(entry.name), 0.0, ()) for entry in kept[:limit]] if not text.strip() else []
    whole = re.sub(r"[^a-z0-9]", "", text.lower())
    meant = _read(typed)
    scored = []
    for entry in kept:
        score, tokens = max(((_score(entry, tokens), tokens) for tokens in meant), key=lambda pair: pair[0])
        if entry.name.replace("-", "").lower() == whole:
            score += 100.0
        if score > 0:
            scored.append((score, entry, tokens))
    scored.sort(key=lambda found: (-round(found[0], 1), _RISK_ORDER[found[1].risk], len(found[1].name), found[1].name))
    return [
        Match(find(e.name), min(score, 100.0), _matched_parameters(e, tokens)) for score, e, tokens in scored[:limit]
    ]


def _matched_parameters(entry: _Entry, tokens: list[dict[str, float]]) -> tuple[str, ...]:
    """Return the parameters whose words answer a token that the cmdlet's own name does not answer."""
    open_tokens = [
        token
        for token in tokens
        if _best(entry.name_words, token) < _PARAMETER_WEIGHT * _best(entry.parameter_words, token)
    ]
    names = raw_cmdlets()[entry.name]["parameters"]
    return tuple(name for name in names if any(_best(_words(name), t) >= 80.0 for t in open_tokens))


@cache
def facets() -> Facets:
    """Return the number of cmdlets per verb, service and risk."""
    entries = _index()[0]
    return Facets(
        verbs=dict(Counter(e.verb for e in entries).most_common()),
        services=dict(Counter(s for e in entries for s in sorted(e.services)).most_common()),
        risks=dict(Counter(e.risk for e in entries).most_common()),
    )
