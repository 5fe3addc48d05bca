"""What the list of cmdlets shows: finished values for its template."""

from dataclasses import dataclass

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.search import FACETS, Findings, Match, Piece, find_cmdlets
from jobs.web.cmdlet_filters import TITLES, WORDS, CmdletFilterForm
from jobs.web.cmdlet_pages import launch_problems
from jobs.web.words import EFFECTS_SHORT, RISKS, SERVICES
from portal.core.filters import address

ROWS = 50
_SHORT = {"exo": "EXO", "scc": "SCC", "eop": "EOP"}
_MOST_MATCHED = 2
_MOST_OPTIONS = 40


@dataclass(frozen=True, slots=True)
class CmdletRow:
    """One found cmdlet; `matched` are the parameters by which it was found, in pieces."""

    cmdlet: Cmdlet
    name: list[Piece]
    matched: list[tuple[str, list[Piece]]]
    more_matched: int
    risk: str
    effect: str
    services: list[tuple[str, str]]
    launchable: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet with the number of cmdlets that it would leave; `url` chooses it, or takes it away."""

    word: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values."""

    title: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found; `first` and `last` count from 1. The urls lead to the pages around it, if any."""

    rows: list[CmdletRow]
    number: int
    first: int
    last: int
    back_url: str
    next_url: str
    facets: list[Facet]


def found(form: CmdletFilterForm, query: QueryDict) -> Found:
    """Return the page of cmdlets that the address `query`, read by `form`, asks for."""
    start = _start(query.get("cursor", ""))
    text = form.chosen().get("q", "")
    findings = find_cmdlets(text, form.facets(), start=start, number=ROWS)
    if start >= findings.number:
        start, findings = 0, find_cmdlets(text, form.facets(), number=ROWS)
    last = start + len(findings.matches)
    return Found(
        rows=[_row(match) for match in findings.matches],
        number=findings.number,
        first=start + 1,
        last=last,
        back_url=address(query, {"cursor": str(start - ROWS) if start > ROWS else None}) if start else "",
        next_url=address(query, {"cursor": str(last)}) if last < findings.number else "",
        facets=[_facet(facet, findings, form.facets()[facet], query) for facet in FACETS],
    )


def _start(cursor: str) -> int:
    """Return where a page begins; an unreadable place is the beginning."""
    is_place = cursor.isascii() and cursor.isdecimal() and len(cursor) < 6
    return int(cursor) // ROWS * ROWS if is_place else 0


def _row(match: Match) -> CmdletRow:
    cmdlet = match.cmdlet
    return CmdletRow(
        cmdlet=cmdlet,
        name=match.pieces(cmdlet.name),
        matched=[(name, match.pieces(name)) for name in match.matched[:_MOST_MATCHED]],
        more_matched=max(len(match.matched) - _MOST_MATCHED, 0),
        risk=RISKS[cmdlet.risk],
        effect=EFFECTS_SHORT[cmdlet.effect],
        services=[(_SHORT[service], SERVICES[service]) for service in cmdlet.services],
        launchable=not launch_problems(cmdlet),
    )


def _facet(facet: str, findings: Findings, chosen: str, query: QueryDict) -> Facet:
    counts = findings.counts[facet]
    values = [value for value, _ in counts.most_common(_MOST_OPTIONS)]
    if chosen and chosen not in values:
        values.insert(0, chosen)
    words = WORDS.get(facet, {})
    return Facet(
        TITLES[facet],
        [
            Option(
                word=words.get(value, value),
                count=counts[value],
                url=address(query, {facet: None if value == chosen else value, "cursor": None}),
                current=value == chosen,
            )
            for value in values
        ],
    )
