"""What pages ask about relationships."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.relationships.facts import extension, extension_in_words, moment
from tenants.relationships.models import (
    AccessAssignment,
    DelegatedAdminRelationship,
    RelationshipVersion,
    VersionKind,
)
from tenants.relationships.roles import role_name


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An access assignment with the names of its roles; `container_id` is the partner's security group.

    `group_name` is empty where it is not known.
    """

    container_id: str
    status: str
    roles: list[str]
    group_name: str = ""


@dataclass(frozen=True, slots=True)
class RelationshipView:
    """A delegated admin relationship with the names of its roles and its access assignments.

    `extends_by` says in words by how much it extends itself when it ends; empty when it does not.
    """

    id: str
    display_name: str
    status: str
    roles: list[str]
    activated_at: datetime | None
    end_at: datetime | None
    extends_by: str
    read_at: datetime
    assignments: list[AssignmentView]


def relationships_of(organization: Organization) -> list[RelationshipView]:
    """Return the organization's relationships, the one that ends last first."""
    relationships = DelegatedAdminRelationship.objects.filter(organization=organization)
    names = _group_names(organization)
    return [_relationship(each, names) for each in relationships.prefetch_related("access_assignments")]


def _group_names(organization: Organization) -> dict[str, str]:
    """Return the names of the partner's security groups that hold roles anywhere, by id."""
    groups = RelationshipVersion.objects.filter(
        partner=organization.partner_id, kind=VersionKind.GROUP, valid_until=None
    )
    return {key: facts["name"] for key, facts in groups.values_list("key", "facts")}


def former_relationships_of(organization: Organization, present: Iterable[RelationshipView]) -> list[RelationshipView]:
    """Return the relationships that are no longer listed, as they were last read; `present` are those that are."""
    listed = {each.id for each in present}
    versions = RelationshipVersion.objects.filter(organization=organization, kind=VersionKind.GDAP)
    last = {version.key: version for version in versions.order_by("valid_from") if version.key not in listed}
    return [_former(version) for version in last.values()]


def _former(version: RelationshipVersion) -> RelationshipView:
    facts = version.facts
    return RelationshipView(
        id=version.key,
        display_name=facts["name"],
        status="disappeared",
        roles=_names(facts["roles"]),
        activated_at=moment(facts, "activated_at"),
        end_at=moment(facts, "end_at"),
        extends_by=extension(facts),
        read_at=version.confirmed_at or version.valid_from,
        assignments=[AssignmentView(a["group"], a["status"], _names(a["roles"])) for a in facts["assignments"]],
    )


def _relationship(relationship: DelegatedAdminRelationship, names: Mapping[str, str]) -> RelationshipView:
    return RelationshipView(
        id=relationship.id,
        display_name=relationship.display_name,
        status=relationship.status,
        roles=_names(relationship.role_ids),
        activated_at=relationship.activated_at,
        end_at=relationship.end_at,
        extends_by=extension_in_words(relationship.auto_extend_duration),
        read_at=relationship.read_at,
        assignments=[_assignment(assignment, names) for assignment in relationship.access_assignments.all()],
    )


def _assignment(assignment: AccessAssignment, names: Mapping[str, str]) -> AssignmentView:
    group_name = names.get(assignment.container_id, "")
    return AssignmentView(assignment.container_id, assignment.status, _names(assignment.role_ids), group_name)


def _names(role_ids: list[str]) -> list[str]:
    return sorted(role_name(role_id) for role_id in role_ids)


def visible_relationships(actor: Actor) -> QuerySet[DelegatedAdminRelationship]:
    """Return the delegated admin relationships of the served organizations that `actor` may see."""
    organizations = Organization.objects.visible_to(actor).served()
    return DelegatedAdminRelationship.objects.filter(organization__in=organizations)
