"""Grants as the audit trail tells of them."""

from typing import Any

from portal.accounts.grants.models import RoleGrant
from portal.audit.services import Object


def grant_as_object(grant: RoleGrant) -> Object:
    """Return the person whose grant it is: their history is where one looks."""
    return Object("person", str(grant.user_id), grant.user.display_name)


def role_word(grant: RoleGrant) -> str:
    """Return the key of a built-in role, or the name of a custom one."""
    return grant.role or grant.role_name


def grant_facts(grant: RoleGrant) -> dict[str, Any]:
    """Return what was granted besides the role: where, until when, within which limits, why."""
    facts = {
        "grant": grant.pk,
        "kind": grant.kind,
        "scope": grant.scope_kind,
        "scope_id": str(grant.scope_id or ""),
        "scope_name": grant.scope_name,
        "limits": grant.limits,
        "until": grant.until.isoformat() if grant.until else "",
        "reason": grant.reason,
        "ticket": grant.ticket,
        "elevates": grant.elevates_id,
    }
    return {name: value for name, value in facts.items() if value not in ("", None, {})}
