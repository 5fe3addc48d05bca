"""The tabs of an organization's page, and what each of them shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from portal.audit.selectors import events_of
from portal.core.actors import Actor
from portal.core.explanations import title_of
from portal.core.permissions import Permission
from portal.core.templatetags.states import look
from tenants.capabilities.selectors import capabilities_of
from tenants.ladder.rungs import REFUSALS
from tenants.organizations.history import HistoryFilter, capabilities, connections_page, history_page
from tenants.organizations.models import Organization
from tenants.organizations.traits import OUTCOMES
from tenants.profiles.methods import ProfileService
from tenants.relationships.facts import IN_FORCE
from tenants.relationships.reach import reach_of
from tenants.relationships.selectors import RelationshipView, former_relationships_of
from tenants.variables.names import built_in
from tenants.variables.selectors import variable_names, variables_of
from tenants.web.profiles.connection_tab import connection_context
from tenants.web.relationship_picture import relationship_picture

STATES = ("queued", "running", *OUTCOMES)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its key in the address, its word, and the right that one needs to see it."""

    key: str
    word: str
    permission: Permission | None


TABS = (
    Tab("history", "History", Permission.RUN_READ),
    Tab("relationships", "Relationships", None),
    Tab("connection", "Profile", None),
    Tab("connections", "Connections", Permission.RUN_READ),
    Tab("capabilities", "Capabilities", None),
    Tab("variables", "Variables", None),
    Tab("events", "Audit events", Permission.AUDIT_EVENT_READ),
)


def tab_context(
    key: str, actor: Actor, organization: Organization, relationships: Sequence[RelationshipView], query: QueryDict
) -> dict[str, Any]:
    """Return what the tab `key` shows."""
    cursor = query.get("cursor", "")
    match key:
        case "history":
            return _history(actor, organization, query)
        case "relationships":
            return _relationships(organization, relationships)
        case "connection":
            return connection_context(actor, organization)
        case "connections":
            return {"page": connections_page(actor, organization, cursor=cursor)}
        case "capabilities":
            return _capabilities(actor, organization, relationships)
        case "events":
            return {"page": events_of(actor, organization.pk, cursor=cursor)}
        case _:
            return {
                "variables": variables_of(organization),
                "built_in": built_in(organization).items(),
                "names": variable_names(actor),
            }


def _relationships(organization: Organization, relationships: Sequence[RelationshipView]) -> dict[str, Any]:
    former = former_relationships_of(organization, relationships)
    return {
        "relationships": relationships,
        "former": former,
        "relationship_picture": relationship_picture([*relationships, *former]),
        "reach": reach_of(organization, relationships),
    }


def _history(actor: Actor, organization: Organization, query: QueryDict) -> dict[str, Any]:
    state, cmdlet = query.get("state", ""), query.get("cmdlet", "").replace("\0", "").strip()[:100]
    ignored = []
    if state and state not in STATES:
        ignored, state = [f"“{state[:60]}” is no outcome."], ""
    page = history_page(actor, organization, wanted=HistoryFilter(state, cmdlet), cursor=query.get("cursor", ""))
    return {
        "page": page,
        "targets": [(target, title_of(target.error_class)) for target in page.rows],
        "state": state,
        "states": [(each, look(each).label) for each in STATES],
        "cmdlet": cmdlet,
        "ignored": ignored,
    }


def _capabilities(
    actor: Actor, organization: Organization, relationships: Sequence[RelationshipView]
) -> dict[str, Any]:
    active = [each for each in relationships if each.status in IN_FORCE]
    assigned = {role for each in active for assignment in each.assignments for role in assignment.roles}
    offered = {role for each in active for role in each.roles}
    return {
        "roles": [(role, role in assigned) for role in sorted(offered | assigned)],
        "readings": [(each, ProfileService(each.service).label) for each in capabilities_of(actor, organization)],
        "can_test": actor.has(Permission.RUN_LAUNCH) and organization.vanished_at is None,
        "capabilities": capabilities(actor, organization, refusals=REFUSALS),
    }
