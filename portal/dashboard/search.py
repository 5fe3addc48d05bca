"""The search over everything: suggestions while one types, a page of all that was found, a jump to what is exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from jobs.catalogue.search import search as search_cmdlets
from jobs.failures.search import suggested_failures
from jobs.runs.search import run_exactly, search_runs
from jobs.saved.selectors import search_jobs
from portal.accounts.selectors import search_people
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.text import storable
from tenants.groups.search import search_groups
from tenants.organizations.search import organization_exactly, search_organizations

SUGGESTED = 5
LISTED = 20
MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: where it is, what it is called, and what tells it from others; `state` may be empty."""

    url: str
    word: str
    detail: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything found of one kind; `more_url` lists the rest, empty when nothing is left out."""

    title: str
    hits: Sequence[Hit]
    more_url: str


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what a few words may mean; an exact tenant id, domain or run id leads straight to what it names."""
    actor = actor_of(request)
    text = " ".join(storable(request.GET.get("q", ""), MOST_CHARACTERS).split())
    suggests = bool(getattr(request, "htmx", False))
    exact = "" if suggests or not text else _exactly(actor, text)
    if exact:
        return HttpResponseRedirect(exact)
    kinds = _found(actor, text, SUGGESTED if suggests else LISTED) if text else []
    number = sum(len(kind.hits) for kind in kinds)
    context = {"search_text": text, "kinds": kinds, "number": number}
    return render_page(request, "portal/search.html", context, partials=("suggestions",))


def _exactly(actor: Actor, text: str) -> str:
    organization = organization_exactly(actor=actor, text=text)
    if organization:
        return reverse("tenants:organization", args=[organization.pk])
    run = run_exactly(actor=actor, text=text)
    return reverse("jobs:run", args=[run.pk]) if run else ""


def _found(actor: Actor, text: str, number: int) -> list[Kind]:
    kinds = (
        _kind(
            "Organizations",
            _organizations(actor, text, number + 1),
            number,
            _address("tenants:organizations", search=text),
        ),
        _kind("Organization groups", _groups(actor, text, number + 1), number, reverse("tenants:groups")),
        _kind("Cmdlets", _cmdlets(actor, text, number + 1), number, _address("jobs:cmdlets", q=text)),
        _kind("Failures", _failures(actor, text, number + 1), number, _address("jobs:failures", q=text)),
        _kind("Jobs", _jobs(actor, text, number + 1), number, _address("jobs:jobs", q=text)),
        _kind("Runs", _runs(actor, text, number + 1), number, _address("jobs:runs", cmdlet=text)),
        _kind("People", _people(actor, text, number + 1), number, ""),
    )
    return [kind for kind in kinds if kind.hits]


def _kind(title: str, hits: Iterable[Hit], number: int, more_url: str) -> Kind:
    found = list(hits)
    return Kind(title, found[:number], more_url if len(found) > number else "")


def _organizations(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    for found in search_organizations(actor=actor, text=text, number=number):
        yield Hit(
            reverse("tenants:organization", args=[found.pk]), found.name, found.default_domain, found.reachability
        )


def _groups(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    for group in search_groups(actor=actor, text=text, number=number):
        yield Hit(reverse("tenants:group", args=[group.pk]), group.name)


def _cmdlets(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    if not actor.has(Permission.CMDLET_READ):
        return
    for match in search_cmdlets(text, limit=number):
        yield Hit(reverse("jobs:cmdlet", args=[match.cmdlet.name]), match.cmdlet.name, ", ".join(match.matched))


def _failures(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    if not actor.has(Permission.CMDLET_READ):
        return
    for found in suggested_failures(text)[:number]:
        yield Hit(
            reverse("jobs:failure", args=[found.error_class]), found.title, ", ".join(code for code, _ in found.codes)
        )


def _jobs(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    for job in search_jobs(actor=actor, text=text, number=number):
        yield Hit(reverse("jobs:job", args=[job.pk]), job.name, job.cmdlet)


def _runs(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    for run in search_runs(actor=actor, text=text, number=number):
        said = " · ".join(filter(None, (run.ticket, run.reason, run.requested_by)))
        yield Hit(reverse("jobs:run", args=[run.pk]), str(run), said, run.state)


def _people(actor: Actor, text: str, number: int) -> Iterable[Hit]:
    for person in search_people(actor=actor, text=text, number=number):
        yield Hit(
            _address("jobs:runs", person=person.username), person.display_name, f"runs launched by {person.username}"
        )


def _address(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"
