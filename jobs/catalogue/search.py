"""Find a cmdlet from a few half-remembered words."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.catalogue.cmdlets import Cmdlet, find, raw_cmdlets
from jobs.catalogue.search_index import WORD, Entry, index, likenesses_of, words
from jobs.catalogue.synonyms import STOP_WORDS, readings

Likenesses = dict[str, float]

FACETS = ("risk", "service", "verb", "effect", "dry_run", "noun")
"""What a search can be narrowed by."""

_QUERY_TOKEN = re.compile(r"[a-z0-9]+")
_PARAMETER_WEIGHT = 0.72  # a word of a parameter name counts less than one of the cmdlet's own name
_HIT = 80.0  # of 100; from here on a word is what was typed
_WHOLE = 90.0  # from here on a name without its word breaks is what was typed
_ABBREVIATIONS = {"dl": "distribution", "mbx": "mailbox"}
_MOST_TOKENS = 8
_RISK_ORDER = {"read": 0, "change": 1, "destructive": 2, "session": 3}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name; `is_hit` says that it is what was typed."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Match:
    """One cmdlet found; `score` is 0 to 100; `matched` names the parameters that made it match, best first.

    `tokens` are the typed words as the search understood them.
    """

    cmdlet: Cmdlet
    score: float
    matched: tuple[str, ...]
    tokens: tuple[Likenesses, ...] = ()

    def pieces(self, name: str) -> list[Piece]:
        """Return a name in pieces, so that those that were typed can be marked."""
        pieces, end = [], 0
        whole = any(_best(words(name) - set(_split(name)), token) >= _WHOLE for token in self.tokens)
        for found in WORD.finditer(name):
            if found.start() > end:
                pieces.append(Piece(name[end : found.start()], False))
            hit = whole or any(token.get(found.group().lower(), 0.0) >= _HIT for token in self.tokens)
            pieces.append(Piece(found.group(), hit))
            end = found.end()
        return [*pieces, Piece(name[end:], False)] if end < len(name) else pieces


@dataclass(frozen=True, slots=True)
class Findings:
    """One page of what was found, how many there are, and how many each value of each facet would leave.

    The counts of a facet respect the words and every other facet.
    """

    matches: list[Match]
    number: int
    counts: dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class _Scored:
    entry: Entry
    score: float
    tokens: tuple[Likenesses, ...]


def search(text: str, *, limit: int = 50) -> list[Match]:
    """Return the cmdlets that `text` may mean, best first; all of them, by name, for empty text."""
    return [_match(scored) for scored in _ranked(text)[:limit]]


def find_cmdlets(text: str, wanted: Mapping[str, str], *, start: int = 0, number: int = 50) -> Findings:
    """Return `number` of the cmdlets that `text` may mean, from the one at `start`, within the facets `wanted`.

    Tolerates typing errors, abbreviations and what people call things otherwise, over verbs, nouns and parameter names.
    """
    asked = {facet: value for facet, value in wanted.items() if value}
    ranked = _ranked(text)
    counts = {facet: _count(ranked, facet, asked) for facet in FACETS}
    kept = [scored for scored in ranked if _fits(scored.entry, asked)]
    return Findings([_match(scored) for scored in kept[start : start + number]], len(kept), counts)


def _count(ranked: list[_Scored], facet: str, asked: Mapping[str, str]) -> Counter[str]:
    others = {name: value for name, value in asked.items() if name != facet}
    return Counter(
        value for scored in ranked if _fits(scored.entry, others) for value in sorted(scored.entry.traits[facet])
    )


def _fits(entry: Entry, asked: Mapping[str, str]) -> bool:
    return all(value in entry.traits[facet] for facet, value in asked.items())


def _match(scored: _Scored) -> Match:
    matched = _matched_parameters(scored.entry, scored.tokens)
    return Match(find(scored.entry.name), min(scored.score, 100.0), matched, scored.tokens)


def _ranked(text: str) -> list[_Scored]:
    """Return the entries that `text` may mean with their scores, best first."""
    typed = " ".join(_QUERY_TOKEN.findall(text.lower()[:200]))
    if not typed:
        return [_Scored(entry, 0.0, ()) for entry in index()[0]] if not text.strip() else []
    whole = typed.replace(" ", "")
    meant = _read(typed)
    scored = []
    for entry in index()[0]:
        score, tokens = max(((_score(entry, tokens), tokens) for tokens in meant), key=lambda pair: pair[0])
        if entry.name.replace("-", "").lower() == whole:
            score += 100.0
        if score > 0:
            scored.append(_Scored(entry, score, tuple(tokens)))
    return sorted(
        scored, key=lambda s: (-round(s.score, 1), _RISK_ORDER[s.entry.risk], len(s.entry.name), s.entry.name)
    )


def _read(typed: str) -> list[list[Likenesses]]:
    """Return for each reading of the typed words what each of its words resembles; a word not typed, only itself."""
    known = {word: likenesses_of(_ABBREVIATIONS.get(word, word)) for word in _telling(typed)}
    return [[known.get(word) or {word: 100.0} for word in _telling(reading)] for reading in readings(typed)]


def _telling(text: str) -> list[str]:
    """Return the first words that tell which cmdlet is meant; if none does, all that there are."""
    words_typed = list(dict.fromkeys(text.split()))
    return ([word for word in words_typed if word not in STOP_WORDS] or words_typed)[:_MOST_TOKENS]


def _best(some: Iterable[str], likenesses: Likenesses) -> float:
    return max((likenesses.get(word, 0.0) for word in some), default=0.0)


def _score(entry: Entry, tokens: list[Likenesses]) -> float:
    """Return 0 if a token resembles nothing in the entry, else the mean likeness less a little for words not asked."""
    total = 0.0
    for likenesses in tokens:
        in_name = _best(entry.name_words, likenesses)
        best = max(in_name, _PARAMETER_WEIGHT * _best(entry.parameter_words, likenesses)) if in_name < 95 else in_name
        if not best:
            return 0.0
        total += best
    return total / len(tokens) - 0.8 * len(entry.name_words)


def _matched_parameters(entry: Entry, tokens: tuple[Likenesses, ...]) -> tuple[str, ...]:
    """Return the parameters whose words answer a token that the cmdlet's own name does not answer, best first."""
    open_tokens = [
        token
        for token in tokens
        if _best(entry.name_words, token) < _PARAMETER_WEIGHT * _best(entry.parameter_words, token)
    ]
    if not open_tokens:
        return ()
    answers = {name: [_best(words(name), token) for token in open_tokens] for name in _parameters(entry)}
    hits = {name: sum(like for like in likes if like >= _HIT) for name, likes in answers.items()}
    found = [name for name, hit in hits.items() if hit]
    return tuple(sorted(found, key=lambda name: (-hits[name], len(name), name)))


def _parameters(entry: Entry) -> list[str]:
    return list(raw_cmdlets()[entry.name]["parameters"])


def _split(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]
