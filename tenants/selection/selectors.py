"""Which organizations a selection names.

A selection is a query string, so that it fits into an address, a form and a saved thing alike:

* `organization=<id>` and `group=<id>`, each repeated: these organizations, and whoever belongs to these groups now.
* `match=all` with the filter of the organizations list (`q=…&reachability=…&cause=…&relationship=…&ends_within=…&
  last=…&group=…&variable=…&profile=…&csp=…&cloud=…&may_run=…`, each facet repeatable): all that match now.
"""

from uuid import UUID

from django.db.models import Q
from django.http import QueryDict

from portal.core.actors import Actor
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.groups.membership import membership_in_any
from tenants.groups.models import OrganizationGroup
from tenants.groups.scope import Scope
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.selection.facets import FACETS
from tenants.selection.filters import OrganizationFilter

SELECTION_KEYS = ("organization", "match", "q", *FACETS)
"""Every parameter that belongs to a selection; copy these, and no others, from one address to the next."""


class SelectionRefused(Refused):
    """The selection makes no sense, and narrowing it to what does could reach more organizations than were meant."""


def organizations_of_selection(actor: Actor, query: QueryDict) -> OrganizationQuerySet:
    """Return the served organizations that `query` selects and `actor` may see, in no order, each once.

    Raises `SelectionRefused` when a part of `query` cannot be understood.
    """
    served = Organization.objects.visible_to(actor).served()
    scope = Scope.of(actor)
    if query.get("match") == "all":
        return _filter(scope, query).apply(served)
    named = Q(pk__in=_ids(query, "organization")) | membership_in_any(_groups(scope, query))
    return served.filter(named)


def selection_in(data: QueryDict) -> QueryDict:
    """Return the selection among everything else that a form of the organizations list sent."""
    keys = SELECTION_KEYS if data.get("match") == "all" else ("organization",)
    selection = QueryDict(mutable=True)
    for key in keys:
        if values := [value for value in data.getlist(key) if value]:
            selection.setlist(key, values)
    if selection.get("match") == "all":
        selection.pop("organization", None)
    return selection


def selection_in_words(actor: Actor, query: QueryDict) -> str:
    """Return what `query` selects, in words: “All that match: Reachability: Not reachable; CSP: CSP customer”."""
    if query.get("match") != "all":
        return counted(len(query.getlist("organization")), "organization picked,organizations picked")
    words = _filter(Scope.of(actor), query).words()
    return f"All that match: {'; '.join(words)}" if words else "All organizations"


def _filter(scope: Scope, query: QueryDict) -> OrganizationFilter:
    wanted = OrganizationFilter.read(scope, query)
    if wanted.ignored:
        raise SelectionRefused(
            f"The selection makes no sense: {' '.join(wanted.ignored)} Choose the organizations again."
        )
    return wanted


def _groups(scope: Scope, query: QueryDict) -> list[OrganizationGroup]:
    wanted = {str(group_id) for group_id in _ids(query, "group")}
    if wanted - scope.groups.keys():
        raise SelectionRefused("A selected organization group is no longer there. Choose the organizations again.")
    return [scope.groups[group_id] for group_id in sorted(wanted)]


def _ids(query: QueryDict, key: str) -> list[UUID]:
    try:
        return [UUID(value) for value in query.getlist(key)]
    except ValueError as error:
        raise SelectionRefused("An id among the selected organizations cannot be read. Choose them again.") from error
