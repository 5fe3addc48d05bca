"""The first page: what needs attention, in order of urgency."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from jobs.runs.history import ended_runs, ended_targets, open_runs, runs_with_unknown_outcomes
from jobs.runs.models import Run
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.templatetags.presentation import day
from tenants.app_registrations.selectors import count_certificates_expiring
from tenants.organizations import selectors as organizations
from tenants.partner.selectors import first_partner

RELATIONSHIP_DAYS = 30
CERTIFICATE_DAYS = 60
SHOWN = 8


@dataclass(frozen=True, slots=True)
class CardCause:
    """One cause behind a card: how many, its name, its fix, and where they are listed."""

    count: int
    title: str
    fix: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that needs somebody: a number, a reason or causes, one action; `tone` is a state's colour."""

    figure: int
    title: str
    reason: str
    action: str
    url: str
    tone: str
    icon: str
    causes: Sequence[CardCause] = ()


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run in progress, with how many of its organizations are done."""

    run: Run
    done: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of setting an installation up; `url` is empty while an earlier step is missing."""

    title: str
    sentence: str
    action: str
    url: str
    is_done: bool


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs attention, or the steps of a new installation."""
    actor = actor_of(request)
    if not actor.permissions:
        return render_page(request, "portal/no_role.html", {})
    if not organizations.organizations_for_list(actor).exists():
        steps = _steps()
        context: dict[str, object] = {
            "steps": steps,
            "next_step": next(step for step in steps if not step.is_done),
            "can_manage": actor.has(Permission.APP_REGISTRATION_MANAGE),
        }
        return render_page(request, "portal/home.html", context)
    context = {
        "cards": [*_unknown_outcomes(actor), *_unreachable(actor), *_ending(actor), *_expiring(actor)],
        "open_runs": _open_runs(actor),
        "recent_runs": ended_runs(actor=actor, number=5),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
    }
    return render_page(request, "portal/home.html", context, partials=("runs-in-progress",))


def _open_runs(actor: Actor) -> list[OpenRun]:
    runs = open_runs(actor=actor, number=SHOWN)
    done = ended_targets(actor=actor, runs=runs)
    return [OpenRun(run, done.get(run.pk, 0)) for run in runs]


def _unknown_outcomes(actor: Actor) -> list[Card]:
    """One card a run: somebody must look whether the change was made."""
    return [
        Card(
            figure=run.counts["unknown"],
            title=_noun(run.counts["unknown"], "outcome unknown", "outcomes unknown"),
            reason=f"{run.cmdlet}: the change was sent and the answer was lost. Look in the organization whether it "
            "was made.",
            action="Show them",
            url=f"{reverse('jobs:run', args=[run.pk])}?state=unknown",
            tone="unknown",
            icon="question-mark-circle",
        )
        for run in runs_with_unknown_outcomes(actor=actor, number=3)
    ]


def _unreachable(actor: Actor) -> list[Card]:
    """One card, by cause: the same fix helps all organizations of a cause."""
    causes = [
        CardCause(cause.count, cause.title or "No reason is known", cause.fix, _list(**_unreached(cause.error_class)))
        for cause in organizations.causes_of_unreachability(actor)
    ]
    if not causes:
        return []
    number = sum(cause.count for cause in causes)
    return [
        Card(
            figure=number,
            title=_noun(number, "organization not reachable", "organizations not reachable"),
            reason="",
            action="Show them",
            url=_list(reachability="unreachable"),
            tone="bad",
            icon="signal-slash",
            causes=causes,
        )
    ]


def _unreached(error_class: str) -> dict[str, str | int]:
    return {"reachability": "unreachable", **({"cause": error_class} if error_class else {})}


def _ending(actor: Actor) -> list[Card]:
    number, first = organizations.count_relationships_ending(actor, days=RELATIONSHIP_DAYS)
    if not number or first is None:
        return []
    return [
        Card(
            figure=number,
            title=f"{_noun(number, 'relationship ends', 'relationships end')} within {RELATIONSHIP_DAYS} days",
            reason=f"The first on {day(first)}. Extend the delegated admin relationship, or we lose access.",
            action="Show them",
            url=_list(ends_within=RELATIONSHIP_DAYS, sort="ends"),
            tone="partly",
            icon="calendar-days",
        )
    ]


def _expiring(actor: Actor) -> list[Card]:
    number, first = count_certificates_expiring(actor, days=CERTIFICATE_DAYS)
    if not number or first is None:
        return []
    return [
        Card(
            figure=number,
            title=f"{_noun(number, 'certificate expires', 'certificates expire')} within {CERTIFICATE_DAYS} days",
            reason=f"The first on {day(first)}. Upload a new one here and in Entra before that.",
            action="Show app registrations",
            url=reverse("tenants:app-registrations"),
            tone="partly",
            icon="key",
        )
    ]


def _steps() -> list[Step]:
    partner = first_partner()
    registration = partner.app_registrations.order_by("created_at").first() if partner else None
    certified = registration is not None and registration.certificates.exists()
    signed_in = partner is not None and hasattr(partner, "sign_in")
    return [
        Step(
            "Connect your partner tenant",
            "Name and tenant id of the tenant that holds your GDAP relationships.",
            "Connect partner",
            reverse("tenants:partner-connect"),
            is_done=partner is not None,
        ),
        Step(
            "Add the app registration",
            "The multi-tenant application through which Signalbox gets into each organization.",
            "Add app registration",
            reverse("tenants:app-registration-add", args=[partner.pk]) if partner else "",
            is_done=registration is not None,
        ),
        Step(
            "Upload its certificate",
            "App-only sign-in needs a certificate; its private key is stored encrypted and never shown.",
            "Upload certificate",
            reverse("tenants:app-registration", args=[registration.pk]) if registration else "",
            is_done=certified,
        ),
        Step(
            "Store the partner sign-in",
            "A delegated sign-in of a service account reads your customers and their GDAP relationships.",
            "Store sign-in",
            reverse("tenants:partner-sign-in", args=[partner.pk]) if partner else "",
            is_done=signed_in,
        ),
        Step(
            "Read your organizations",
            "Signalbox lists every customer with its relationship and shows which ones can be reached.",
            "Read organizations",
            reverse("tenants:organizations"),
            is_done=False,
        ),
    ]


def _noun(number: int, singular: str, plural: str) -> str:
    return singular if number == 1 else plural


def _list(**query: str | int) -> str:
    return f"{reverse('tenants:organizations')}?{urlencode(query)}"
