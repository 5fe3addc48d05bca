"""What needs somebody, in order of urgency: each card a number, its reasons, one action."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.http import urlencode

from jobs.approvals.selectors import MINE, count_waiting_for
from jobs.runs.models import Run
from jobs.runs.states import Verdict
from jobs.runs.worklist import failed_and_left, paused_runs, unknown_for_person
from jobs.web.words import counts_in_words
from portal.core.actors import Actor
from portal.core.templatetags.presentation import day, relative
from tenants.app_registrations.selectors import certificates_ending
from tenants.expiry.thresholds import CERTIFICATE_DAYS, RELATIONSHIP_DAYS
from tenants.organizations import selectors as organizations

SOON_DAYS = 7
FAILED_DAYS = 14
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason behind a card: how many, its name, its fix or circumstances, and where they are listed."""

    count: int
    title: str
    fix: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that needs somebody; `tone` is a state's colour, `more` counts the reasons that are not shown."""

    figure: int
    title: str
    sentence: str
    action: str
    url: str
    tone: str
    icon: str
    reasons: Sequence[Reason] = ()
    more: int = 0


def cards_for(actor: Actor, now: datetime) -> list[Card]:
    """Return the cards of `actor`, the most urgent first."""
    cards = (
        _to_approve(actor),
        _unknown(actor),
        _paused(actor),
        _unreachable(actor),
        _ending(actor),
        _expiring(actor),
        _failed(actor, now),
    )
    return [card for card in cards if card]


def _to_approve(actor: Actor) -> Card | None:
    number = count_waiting_for(actor)
    if not number:
        return None
    url = f"{reverse('jobs:approvals')}?{urlencode({'which': MINE})}"
    return Card(
        figure=number,
        title=_noun(number, "run waits for your approval", "runs wait for your approval"),
        sentence="Nothing of it began. Whoever asked waits for 60 minutes at most.",
        action="Decide",
        url=url,
        tone="waiting",
        icon="hand-raised",
    )


def _unknown(actor: Actor) -> Card | None:
    found = unknown_for_person(actor=actor)
    if not found:
        return None
    number = sum(unknown.number for unknown in found)
    reasons = [
        Reason(unknown.number, unknown.run.cmdlet, _launched(unknown.run), _undecided(run=str(unknown.run.pk)))
        for unknown in found
    ]
    return Card(
        figure=number,
        title=_noun(number, "unknown outcome needs a person", "unknown outcomes need a person"),
        sentence="A change was sent, the answer was lost, and reading back does not tell whether it was made. Look in "
        "the organization and decide; do not launch it again before.",
        action="Show them",
        url=_undecided(),
        tone="unknown",
        icon="question-mark-circle",
        reasons=reasons[:REASONS_SHOWN],
        more=len(reasons[REASONS_SHOWN:]),
    )


def _paused(actor: Actor) -> Card | None:
    runs = paused_runs(actor=actor)
    if not runs:
        return None
    reasons = [
        Reason(
            run.target_count,
            run.cmdlet,
            f"paused by {run.paused_by}" + (f": {run.pause_reason}" if run.pause_reason else ""),
            reverse("jobs:run", args=[run.pk]),
        )
        for run in runs
    ]
    return Card(
        figure=len(runs),
        title=_noun(len(runs), "run is paused", "runs are paused"),
        sentence="Nothing of it goes on until somebody resumes it. Beside each: its organizations.",
        action="Resume or stop",
        url=reasons[0].url,
        tone="partly",
        icon="pause",
        reasons=reasons[:REASONS_SHOWN],
        more=len(reasons[REASONS_SHOWN:]),
    )


def _unreachable(actor: Actor) -> Card | None:
    """Return one card, by cause: the same fix helps all organizations of a cause."""
    causes = organizations.causes_of_unreachability(actor)
    if not causes:
        return None
    number = sum(cause.count for cause in causes)
    reasons = [
        Reason(cause.count, cause.title or "No reason is known", cause.fix, _list(**_unreached(cause.error_class)))
        for cause in causes
    ]
    return Card(
        figure=number,
        title=_noun(number, "organization not reachable", "organizations not reachable"),
        sentence="",
        action="Show them",
        url=_list(reachability="unreachable"),
        tone="bad",
        icon="signal-slash",
        reasons=reasons[:REASONS_SHOWN],
        more=len(reasons[REASONS_SHOWN:]),
    )


def _unreached(error_class: str) -> dict[str, str | int]:
    return {"reachability": "unreachable", **({"cause": error_class} if error_class else {})}


def _ending(actor: Actor) -> Card | None:
    ending = organizations.relationships_ending(actor, spans=RELATIONSHIP_DAYS)
    if ending.first is None:
        return None
    days, number = _nearest(ending)
    reasons = [
        Reason(count, f"within {span} days", "", _list(ends_within=span, sort="ends"))
        for span, count in ending.within.items()
        if count
    ]
    return Card(
        figure=number,
        title=f"{_noun(number, 'relationship ends', 'relationships end')} within {days} days",
        sentence=f"The first on {day(ending.first)}; none of them extends itself. Extend the delegated admin "
        "relationship, or we lose access.",
        action="Show them",
        url=_list(ends_within=days, sort="ends"),
        tone="bad" if days <= SOON_DAYS else "partly",
        icon="calendar-days",
        reasons=[reason for reason in reasons if reason.count > number],
    )


def _expiring(actor: Actor) -> Card | None:
    ending = certificates_ending(actor, spans=CERTIFICATE_DAYS)
    if ending.first is None:
        return None
    days, number = _nearest(ending)
    return Card(
        figure=number,
        title=f"{_noun(number, 'certificate expires', 'certificates expire')} within {days} days",
        sentence=f"The first on {day(ending.first)}. Upload a new one here and in Entra before that.",
        action="Show them",
        url=f"{reverse('tenants:app-registrations')}?{urlencode({'expires_within': days})}",
        tone="bad" if days <= SOON_DAYS else "partly",
        icon="key",
    )


def _nearest(ending: organizations.Ending) -> tuple[int, int]:
    """Return the shortest span in which something ends, and how much."""
    return next((span, count) for span, count in sorted(ending.within.items()) if count)


def _failed(actor: Actor, now: datetime) -> Card | None:
    runs = failed_and_left(actor=actor, since=now - timedelta(days=FAILED_DAYS), number=REASONS_SHOWN)
    if not runs:
        return None
    reasons = [
        Reason(
            run.target_count - run.counts.get("succeeded", 0),
            run.cmdlet,
            f"{counts_in_words(run.counts)}; {_launched(run)}",
            reverse("jobs:run", args=[run.pk]),
        )
        for run in runs
    ]
    return Card(
        figure=len(runs),
        title=_noun(len(runs), "run of yours failed", "runs of yours failed"),
        sentence=f"In the last {FAILED_DAYS} days, and you have not launched the cmdlet again. Beside each: in how "
        "many organizations it did not succeed.",
        action="See why",
        url=reasons[0].url,
        tone="bad",
        icon="x-circle",
        reasons=reasons,
    )


def _launched(run: Run) -> str:
    return f"launched {relative(run.launched_at)}" if run.launched_at else ""


def _undecided(**more: str) -> str:
    return f"{reverse('jobs:unknown-outcomes')}?{urlencode({'verdict': Verdict.NEEDS_PERSON.value, **more})}"


def _noun(number: int, singular: str, plural: str) -> str:
    return singular if number == 1 else plural


def _list(**query: str | int) -> str:
    return f"{reverse('tenants:organizations')}?{urlencode(query)}"
