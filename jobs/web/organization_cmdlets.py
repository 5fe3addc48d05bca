"""What may we do here? The cmdlets that a connection test read, beside those of a full role."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from jobs.connection_tests.comparison import ComparedCmdlet, Standing, compared
from jobs.web.words import RISKS, SERVICES
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.filters import FilterForm, choice_field, text_field
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.capabilities.models import Capabilities
from tenants.capabilities.selectors import capabilities_of
from tenants.capabilities.sets import Names
from tenants.organizations.models import Organization
from tenants.organizations.selectors import find_organization

PAGE_SIZE = 100
STANDINGS = {
    Standing.OFFERED: "Offered",
    Standing.LACKING: "Not offered",
    Standing.BEYOND: "Offered, not in the catalogue",
}
SORTS = {
    "name": lambda each: each.name.lower(),
    "standing": lambda each: (each.standing, each.name.lower()),
    "risk": lambda each: (each.risk, each.name.lower()),
}


class CmdletsFilterForm(FilterForm):
    """What of the list is wanted, and of which reading."""

    q = text_field("Search cmdlets", search=True)
    standing = choice_field("Standing", [(key.value, word) for key, word in STANDINGS.items()])
    risk = choice_field("Risk", list(RISKS.items()))
    of = forms.CharField(label="Reading", max_length=40, required=False, widget=forms.HiddenInput())

    def words(self, name: str, value: object) -> str:
        """Return what a filter says; the reading is chosen elsewhere on the page."""
        return "" if name == "of" else super().words(name, value)

    @property
    def is_filtered(self) -> bool:
        """Whether any cmdlet is left out."""
        return any(name != "of" for name in self.chosen())


@dataclass(frozen=True, slots=True)
class Slice:
    """Some cmdlets in order; as `portal.core.pagination.Page`."""

    rows: Sequence[ComparedCmdlet]
    next_cursor: str
    has_previous: bool


@require_safe
def organization_cmdlets(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Show which cmdlets one connection profile is offered in one organization, and which it lacks."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    organization = find_organization(actor, organization_id)
    if organization is None:
        raise Http404
    form = CmdletsFilterForm(request.GET)
    readings = capabilities_of(actor, organization)
    reading = chosen_reading(readings, request.GET)
    every = compared(Names.of_set(reading.cmdlets), reading.service) if reading else []
    sort = request.GET.get("sort") or "name"
    found = wanted_cmdlets(every, form, sort)
    context = {
        "organization": organization,
        "form": form,
        "ignored": [*form.ignored(), *_ignored(request.GET, reading, sort)],
        "readings": [(each, each == reading, SERVICES[each.service]) for each in readings],
        "reading": reading,
        "service": SERVICES[reading.service] if reading else "",
        "counts": Counter(each.standing.value for each in every),
        "page": _page(found, request.GET.get("cursor", "")),
        "number": len(found),
        "sort": sort if sort.removeprefix("-") in SORTS else "name",
        "can_launch": actor.has(Permission.RUN_LAUNCH) and organization.vanished_at is None,
    }
    return render_page(request, "jobs/connection_tests/cmdlets.html", context, partials=("found",))


def chosen_reading(readings: Sequence[Capabilities], query: QueryDict) -> Capabilities | None:
    """Return the reading that an address names, or the first."""
    named = [each for each in readings if str(each.pk) == query.get("of")]
    return next(iter([*named, *readings]), None)


def wanted_cmdlets(every: Sequence[ComparedCmdlet], form: FilterForm, sort: str) -> list[ComparedCmdlet]:
    """Return those that the filter lets through, in the order of `sort`."""
    wanted = form.chosen()
    words = str(wanted.get("q", "")).lower().split()
    found = [
        each
        for each in every
        if all(word in each.name.lower() for word in words)
        and wanted.get("standing", each.standing) == each.standing
        and wanted.get("risk", each.risk) == each.risk
    ]
    return sorted(found, key=SORTS.get(sort.removeprefix("-"), SORTS["name"]), reverse=sort.startswith("-"))


def reading_of(actor: Actor, organization: Organization, query: QueryDict) -> Capabilities | None:
    """Return the reading that an address means."""
    return chosen_reading(capabilities_of(actor, organization), query)


def _ignored(query: QueryDict, reading: Capabilities | None, sort: str) -> list[str]:
    said = [] if sort.removeprefix("-") in SORTS else [f"Cmdlets cannot be sorted by “{sort[:60]}”."]
    if query.get("of") and (reading is None or str(reading.pk) != query["of"]):
        said.append("That reading is not there any more: this is another one.")
    return said


def _page(found: Sequence[ComparedCmdlet], cursor: str) -> Slice:
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 6 else 0
    end = start + PAGE_SIZE
    return Slice(found[start:end], str(end) if end < len(found) else "", start > 0)
