"""The top of every page of one run: where it stands, what can be done, and the tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.approvals.selectors import answer_in_words
from jobs.catalogue.effects import Effect
from jobs.runs.integrity import alteration_of
from jobs.runs.models import Run
from jobs.runs.selectors import Cell, Progress, newest_cells, progress_of
from jobs.runs.states import RunState, TargetState, is_open
from jobs.web.cursor import cursor_of
from jobs.web.hindrance import Hindrance
from jobs.web.pictures import MARKS, bar_markup
from jobs.web.run_actions import actions_context, buttons_of
from jobs.web.sentences import done, page_title, run_sentence
from jobs.web.unknown_words import FoundOut, found_out_by_run
from jobs.web.waiting import Banner, pause_banner, wait_sentence
from jobs.web.words import EFFECTS, RISKS, SERVICES, ordered
from portal.core.actors import Actor
from portal.core.templatetags.states import look

STEPS = 16
NARROWED = {"run": "board-panel", "run-targets": "targets"}
"""The tabs that a state of the legend narrows where they are, each with the part of it that changes."""

_TABS = (
    ("run", "Overview"),
    ("run-targets", "Organizations"),
    ("run-results", "Results"),
    ("run-powershell", "PowerShell"),
    ("run-events", "Events"),
    ("run-compare", "Compare"),
)
_BAR = {"width": 1000, "height": 14}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a page: its address, its word, how many things are behind it if that is known, whether it is open."""

    url: str
    word: str
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One state that occurs: the classes and mark of its cells, its word, its number, and where to see only it."""

    state: str
    classes: str
    mark: str
    word: str
    number: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Live:
    """The part of the page that follows the run; `poll_url` is empty once it is over, `stopping` while it is not.

    `narrows` is the part of the tab that a state of the legend changes; empty where it leads to another tab. `step` is
    how far the run is, in sixteenths; `waits` and `pauses` say why organizations wait, `found_out` tells of its unknown
    outcomes.
    """

    run: Run
    progress: Progress
    sentence: str
    title: str
    tone: str
    risk: str
    bar: SafeString
    legend: list[LegendItem]
    narrows: str
    step: int
    poll_url: str
    stopping: bool
    waits: list[str]
    pauses: list[Banner]
    found_out: FoundOut | None
    asked: str


def header_context(
    actor: Actor, run: Run, *, tab: str, query: QueryDict, cells: Sequence[Cell] | None = None
) -> dict[str, Any]:
    """Return what `jobs/runs/_page.html` needs to show `tab`, the name of its address without its namespace.

    `query` is the address's; `cells` is the whole board where the tab shows it.
    """
    return {
        "live": live(actor, run, cells, tab=tab, query=query, hindrance=Hindrance.of(run, actor)),
        "tabs": [
            Tab(reverse(f"jobs:{name}", args=[run.pk]), word, _count(run, name), name == tab) for name, word in _TABS
        ],
        "alteration": alteration_of(run),
        "effect": EFFECTS[Effect(run.effect)],
        "service": SERVICES[run.service],
        **actions_context(actor, run),
    }


def live(
    actor: Actor, run: Run, cells: Sequence[Cell] | None, *, tab: str, query: QueryDict, hindrance: Hindrance
) -> Live:
    """Return the header of a run whose newest changes are `cells`; None where the tab shows no board."""
    progress = progress_of(actor=actor, run_id=run.pk)
    return Live(
        run=run,
        progress=progress,
        sentence=run_sentence(run, progress, now=timezone.now(), hindrance=hindrance),
        title=page_title(run, progress) + _title_of(tab),
        tone=_tone(run, hindrance),
        risk=RISKS[run.risk],
        bar=bar_markup(progress.counts, **_BAR),
        legend=_legend(run, progress.counts, tab, query),
        narrows=NARROWED.get(tab, ""),
        step=STEPS * done(progress) // max(1, run.target_count),
        poll_url=_poll_url(actor, run, cells, tab, query, hindrance),
        stopping=is_open(run.state) and run.cancel_requested_at is not None,
        waits=[wait_sentence(wait, timezone.now()) for wait in hindrance.waits],
        pauses=[pause_banner(pause, actor) for pause in hindrance.pauses],
        found_out=_found_out(actor, run, progress),
        asked=answer_in_words(run),
    )


def _found_out(actor: Actor, run: Run, progress: Progress) -> FoundOut | None:
    unsure = [run.pk] if progress.counts.get(TargetState.UNKNOWN) else []
    return found_out_by_run(actor, unsure).get(run.pk)


def _poll_url(
    actor: Actor, run: Run, cells: Sequence[Cell] | None, tab: str, query: QueryDict, hindrance: Hindrance
) -> str:
    if not is_open(run.state):
        return ""
    seen = newest_cells(actor=actor, run_id=run.pk) if cells is None else cells
    asked = query.copy()
    asked["since"], asked["tab"], asked["buttons"] = str(cursor_of(run, seen, hindrance)), tab, buttons_of(run)
    return f"{reverse('jobs:run-progress', args=[run.pk])}?{asked.urlencode()}"


def _legend(run: Run, counts: Mapping[str, int], tab: str, query: QueryDict) -> list[LegendItem]:
    """Return each state that occurs, leading to where only it is seen; where it is seen already, back to all."""
    here = tab in NARROWED
    url = reverse(f"jobs:{tab if here else 'run-targets'}", args=[run.pk])
    chosen = query.get("state", "") if here else ""
    return [
        LegendItem(
            state=state,
            classes=f"state-{look(state).tone} cell-{state}",
            mark=MARKS[TargetState(state)],
            word=look(state).label,
            number=number,
            url=f"{url}?{_toggled(query if here else QueryDict(), state)}",
            current=state == chosen,
        )
        for state, number in ordered(counts)
    ]


def _toggled(query: QueryDict, state: str) -> str:
    other = query.copy()
    for name in ("cursor", "since", "tab", "buttons"):
        other.pop(name, None)
    if other.pop("state", [""])[-1] != state:
        other["state"] = state
    return other.urlencode()


def _title_of(tab: str) -> str:
    word = dict(_TABS[1:]).get(tab)
    return f" · {word}" if word else ""


def _count(run: Run, tab: str) -> int | None:
    return run.target_count if tab == "run-targets" else None


def _tone(run: Run, hindrance: Hindrance) -> str:
    if hindrance.broker_away or run.state == RunState.PAUSED:
        return "partly"
    if hindrance.stop:
        return "bad"
    tones = {RunState.SUCCEEDED: "good", RunState.FAILED: "bad", RunState.PARTLY_FAILED: "partly"}
    return tones.get(RunState(run.state), "busy")
