"""What the frame of every page shows beyond the rail: the partner, and the runs in progress."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

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
class Ring:
    """The runs in progress: how many, how many of their organizations are done, and where they are listed."""

    number: int
    done: int
    total: int
    url: str

    @property
    def percent(self) -> int:
        """The part of the ring that is filled."""
        return CIRCUMFERENCE * self.done // self.total if self.total else 0

    @property
    def version(self) -> str:
        """Names what the ring shows; a poll that knows it already gets nothing new."""
        return f"{self.number}-{self.done}-{self.total}"


def ring_of(actor: Actor) -> Ring:
    """Return the runs in progress that `actor` may see."""
    runs = open_runs(actor=actor, number=COUNTED)
    done = ended_targets(actor=actor, runs=runs) if runs else {}
    url = reverse("jobs:run", args=[runs[0].pk]) if len(runs) == 1 else f"{reverse('home')}#runs-in-progress"
    return Ring(len(runs), sum(done.values()), sum(run.target_count for run in runs), url)


@require_safe
@fragment_of("home")
def runs_ring(request: HttpRequest) -> HttpResponse:
    """Answer the frame's poll: nothing (204) when it shows the present state already."""
    actor = actor_of(request)
    ring = ring_of(actor)
    if request.GET.get("seen") == ring.version:
        return HttpResponse(status=204)
    return render_page(request, "components/_ring.html", {"ring": ring})


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `ring` and `partner_name`, worked out only when a template asks for them."""
    return {"ring": partial(_ring, request), "partner_name": partial(_partner_name, request)}


def _ring(request: HttpRequest) -> Ring | None:
    if not isinstance(getattr(request, "user", None), User):
        return None
    actor = actor_of(request)
    return ring_of(actor) if actor.has(Permission.RUN_READ) else None


def _partner_name(request: HttpRequest) -> str:
    if not isinstance(getattr(request, "user", None), User):
        return ""
    names = [partner.name for partner in partners_with_sign_in()]
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else "".join(names)
