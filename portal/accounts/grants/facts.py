"""The grants of people as facts for the policy, read together with the person in one query."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from portal.accounts.grants.limits import read_limits
from portal.accounts.policy import ROLES, Role
from portal.core.authority import Grant, Scope, ScopeKind
from portal.core.permissions import Permission

# The rule of a group and the named sets come along, so that asking what somebody may do costs no query of its own.
# Organization groups live above this layer: their table is only read here, by its name.
LIVE_GRANTS = RawSQL(
    """
    (SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'id', live.id, 'role', live.role, 'custom', custom.name, 'permissions', custom.permissions,
        'kind', live.scope_kind, 'scope', live.scope_id, 'rule', organization_group.rule, 'limits', live.limits,
        'until', live.until,
        'sets', CASE WHEN live.limits ? 'named_sets' THEN (
            SELECT jsonb_object_agg(named.id, jsonb_build_array(named.name, named.cmdlets)) FROM named_set AS named
            WHERE live.limits->'named_sets' @> to_jsonb(named.id)) END
        ) ORDER BY live.id), '[]'::jsonb)
    FROM role_grant AS live LEFT JOIN custom_role AS custom ON custom.id = live.custom_role_id
        LEFT JOIN organization_group ON live.scope_kind = 'group' AND organization_group.id = live.scope_id
    WHERE live.user_id = "user".id AND live.revoked_at IS NULL AND live.kind <> 'eligible'
        AND (live.until IS NULL OR live.until > statement_timestamp()))
    """,
    (),
    output_field=JSONField(),
)
"""Annotation of a query over people: what `grants_of` reads."""

_KNOWN = frozenset(Permission)


def grants_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Grant, ...]:
    """Return the grants that `LIVE_GRANTS` found."""
    return tuple(map(_grant, rows))


def _grant(row: Mapping[str, Any]) -> Grant:
    facts = ROLES.get(row["role"])
    permissions = facts.permissions if facts else frozenset(map(Permission, _KNOWN.intersection(row["permissions"])))
    limits = read_limits(row["limits"], row["sets"] or {}, **({"of_role": facts.limits} if facts else {}))
    return Grant(
        id=row["id"],
        role=str(Role(row["role"]).label) if facts else row["custom"],
        permissions=permissions,
        scope=Scope(ScopeKind(row["kind"]), UUID(row["scope"]) if row["scope"] else None, row["rule"]),
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        limits=limits,
    )
