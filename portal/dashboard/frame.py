"""What the frame of every page shows beyond the rail: the partner, the runs in progress, the global stop."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force
from jobs.runs.history import ended_targets, open_runs
from portal.accounts.models import User
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import fragment_of, render_page
from portal.core.permissions import Permission
from tenants.partner.selectors import partners_with_sign_in

COUNTED = 100
CIRCUMFERENCE = 100
"""The ring's path is told to be this long, so that its filled part is the percentage."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The global stop that is in force, if any, and whether who sees it may lift it."""

    stop: GlobalStop | None
    may_lift: bool

    @classmethod
    def seen_by(cls, actor: Actor) -> "Stopped":
        """Look, for `actor`."""
        return cls(stop_in_force(), actor.has(Permission.GLOBAL_STOP_LIFT))


@dataclass(frozen=True, slots=True)
class Ring:
    """The runs in progress: how many, how many of their organizations are done, and where they are listed.

    `stop_id` names the global stop that the page shows; None while there is none.
    """

    number: int
    done: int
    total: int
    url: str
    stop_id: int | None

    @property
    def percent(self) -> int:
        """The part of the ring that is filled."""
        return CIRCUMFERENCE * self.done // self.total if self.total else 0

    @property
    def version(self) -> str:
        """Names what the ring shows; a poll that knows it already gets nothing new."""
        return f"{self.number}-{self.done}-{self.total}-{self.stop_id or 0}"


def ring_of(actor: Actor, stopped: Stopped) -> Ring:
    """Return the runs in progress that `actor` may see, on a page that shows `stopped`."""
    runs = open_runs(actor=actor, number=COUNTED)
    done = ended_targets(actor=actor, runs=runs) if runs else {}
    url = reverse("jobs:run", args=[runs[0].pk]) if len(runs) == 1 else f"{reverse('home')}#runs-in-progress"
    return Ring(
        len(runs),
        sum(done.values()),
        sum(run.target_count for run in runs),
        url,
        stopped.stop.pk if stopped.stop else None,
    )


@require_safe
@fragment_of("home")
def runs_ring(request: HttpRequest) -> HttpResponse:
    """Answer the frame's poll: nothing (204) when it shows the present state already."""
    actor = actor_of(request)
    stopped = Stopped.seen_by(actor)
    ring = ring_of(actor, stopped)
    if request.GET.get("seen") == ring.version:
        return HttpResponse(status=204)
    return render_page(
        request,
        "components/_ring.html",
        {"ring": ring, "is_update": True, "stop": stopped.stop, "may_lift": stopped.may_lift},
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `ring`, `global_stop` and `partner_name`, worked out only when a template asks for them."""
    stopped = cache(partial(_stopped, request))
    return {
        "ring": partial(_ring, request, stopped),
        "global_stop": stopped,
        "partner_name": partial(_partner_name, request),
    }


def _stopped(request: HttpRequest) -> Stopped | None:
    return Stopped.seen_by(actor_of(request)) if isinstance(getattr(request, "user", None), User) else None


def _ring(request: HttpRequest, look: Callable[[], Stopped | None]) -> Ring | None:
    stopped = look()
    if stopped is None:
        return None
    actor = actor_of(request)
    return ring_of(actor, stopped) if actor.has(Permission.RUN_READ) else None


def _partner_name(request: HttpRequest) -> str:
    if not isinstance(getattr(request, "user", None), User):
        return ""
    names = [partner.name for partner in partners_with_sign_in()]
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else "".join(names)
