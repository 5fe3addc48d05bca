"""What a version remembers, in one normal form, so that two readings of the same thing are equal.

| Kind | Facts |
| --- | --- |
| gdap | name, status (Graph's word), roles (template ids), auto_extend (ISO 8601), activated_at, end_at (ISO 8601 in UTC or None), assignments (id, group, status, roles) |
| reseller | relationship (Partner Center's word) |
| group | name (empty: not known), is_member (of the service account; None: not known) |
"""  # noqa: E501 - a table

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from portal.core.text import storable
from tenants.microsoft.graph import AccessAssignment, Relationship

Facts = Mapping[str, Any]
IN_FORCE = frozenset({"active", "expiring"})
"""The states in which a relationship gives access."""


def of_relationship(relationship: Relationship, assignments: Iterable[AccessAssignment]) -> Facts:
    """Return the facts of a delegated admin relationship with its access assignments."""
    return {
        "name": storable(relationship.display_name, 300),
        "status": storable(relationship.status, 40),
        "roles": sorted({role.lower() for role in relationship.role_definition_ids}),
        "auto_extend": storable(relationship.auto_extend_duration, 20),
        "activated_at": _stamp(relationship.activated_at),
        "end_at": _stamp(relationship.ends_at),
        "assignments": sorted(map(_assignment, assignments), key=lambda each: str(each["id"])),
    }


def of_reseller(relationship_to_partner: str) -> Facts:
    """Return the facts of a reseller relationship."""
    return {"relationship": storable(relationship_to_partner, 60)}


def of_group(name: str, *, is_member: bool | None) -> Facts:
    """Return the facts of a security group; `is_member` tells of the service account, None when it is not known."""
    return {"name": storable(name, 300), "is_member": is_member}


def moment(facts: Facts, name: str) -> datetime | None:
    """Return a moment among facts, aware UTC."""
    return datetime.fromisoformat(facts[name]) if facts.get(name) else None


def extension(facts: Facts) -> str:
    """Return by how much a relationship extends itself, in words; empty when it does not (4.1)."""
    return extension_in_words(facts.get("auto_extend", ""))


def extension_in_words(duration: str) -> str:
    """Return an ISO 8601 duration of whole days in words, empty for none."""
    found = re.fullmatch(r"P(\d+)D", duration)
    return f"{found[1]} days" if found and int(found[1]) else ""


def _assignment(assignment: AccessAssignment) -> dict[str, Any]:
    return {
        "id": storable(assignment.id, 200),
        "group": storable(assignment.group_id, 100),
        "status": storable(assignment.status, 40),
        "roles": sorted({role.lower() for role in assignment.role_definition_ids}),
    }


def _stamp(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None
