"""Giving roles to people, taking them away, and elevating for some hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from portal.accounts.grants.events import grant_as_object, grant_facts, role_word
from portal.accounts.grants.limits import KEYS
from portal.accounts.grants.models import MOST_ELEVATED_HOURS, CustomRole, GrantKind, RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor, ActorKind
from portal.core.authority import ScopeKind
from portal.core.clock import database_now
from portal.core.permissions import Permission
from portal.core.refusals import Refused


class GrantRefused(Refused):
    """The grant cannot be made or taken away so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What is to be granted: a built-in role or a custom one, where, until when, within which limits.

    `scope_name` is the name that the scope has now; it stays readable when the scope is gone.
    """

    role: Role | CustomRole
    kind: GrantKind = GrantKind.STANDING
    scope_kind: ScopeKind = ScopeKind.EVERYTHING
    scope_id: UUID | None = None
    scope_name: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None
    reason: str = ""
    ticket: str = ""


@transaction.atomic
def grant_role(*, actor: Actor, person: User, request: GrantRequest) -> RoleGrant:
    """Give a role to a person; raises `GrantRefused` for one's own account, an end in the past or an unknown limit."""
    _require(actor, person)
    if request.kind is GrantKind.ELEVATION:
        raise GrantRefused("An elevation is taken out of a role that somebody may elevate to: grant that instead.")
    if (request.scope_kind is ScopeKind.EVERYTHING) != (request.scope_id is None):
        raise GrantRefused("Say which partner, organization group or organization the role holds for.")
    if unknown := set(request.limits) - KEYS:
        raise GrantRefused(f"There is no limit called “{min(unknown)}”. Known are: {', '.join(sorted(KEYS))}.")
    if request.until and request.until <= database_now():
        raise GrantRefused("This date is past already. Choose a later one, or none.")
    grant = RoleGrant(
        user=person,
        kind=request.kind,
        scope_kind=request.scope_kind,
        scope_id=request.scope_id,
        scope_name=request.scope_name[:300],
        limits=dict(request.limits),
        until=request.until,
        reason=request.reason,
        ticket=request.ticket,
        granted_by=actor.label,
        granted_by_id=actor.id,
    )
    if isinstance(request.role, CustomRole):
        grant.custom_role = request.role
    else:
        grant.role = request.role.value
    grant.save()
    data = {"role": role_word(grant), **grant_facts(grant)}
    record(AuditAction.ROLE_GRANTED, actor=actor, target=grant_as_object(grant), data=data)
    return grant


@transaction.atomic
def revoke_grant(*, actor: Actor, grant_id: int, reason: str = "") -> RoleGrant:
    """Take a role away, with the elevations out of it; one that ended already stays as it is.

    Raises `GrantRefused` for one's own account, and for the last platform administrator who can sign in.
    """
    grant = RoleGrant.objects.select_for_update(of=("self",)).select_related("user", "custom_role").get(pk=grant_id)
    _require(actor, grant.user)
    if grant.revoked_at is not None:
        return grant
    if grant.role == Role.PLATFORM_ADMINISTRATOR:
        refuse_last_administrator(without=grant.user)
    for each in [grant, *grant.elevations.select_related("user", "custom_role").filter(revoked_at=None)]:
        end_grant(actor=actor, grant=each, reason=reason)
    return grant


@transaction.atomic
def elevate(*, actor: Actor, grant_id: int, hours: int, reason: str, ticket: str = "") -> RoleGrant:
    """Let the actor hold, for up to 8 hours, a role that they may elevate to; raises `StepUpRequired` without proof.

    Raises `GrantRefused` without a reason, for too long, for a grant of somebody else, or one that has ended.
    """
    actor.require_step_up()
    eligible = (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("user", "custom_role")
        .filter(pk=grant_id, kind=GrantKind.ELIGIBLE, revoked_at=None, user__is_active=True)
        .first()
    )
    now = database_now()
    if eligible is None or actor.kind is not ActorKind.PERSON or str(eligible.user_id) != actor.id:
        raise GrantRefused("This role is not yours to elevate to. Your roles are listed under “My roles”.")
    if eligible.until and eligible.until <= now:
        raise GrantRefused("The permission to elevate to this role has ended. Ask an administrator for a new one.")
    if not reason.strip():
        raise GrantRefused("Say why you need the role now: the reason stands in the audit trail.")
    if not 1 <= hours <= MOST_ELEVATED_HOURS:
        raise GrantRefused(f"Choose between 1 and {MOST_ELEVATED_HOURS} hours.")
    end = now + timedelta(hours=hours)
    elevation = RoleGrant.objects.create(
        user=eligible.user,
        kind=GrantKind.ELEVATION,
        role=eligible.role,
        custom_role=eligible.custom_role,
        scope_kind=eligible.scope_kind,
        scope_id=eligible.scope_id,
        scope_name=eligible.scope_name,
        limits=eligible.limits,
        until=min(end, eligible.until) if eligible.until else end,
        reason=reason.strip(),
        ticket=ticket,
        elevates=eligible,
        granted_by=actor.label,
        granted_by_id=actor.id,
    )
    data = {"role": role_word(elevation), "until": "", "reason": "", **grant_facts(elevation)}
    record(AuditAction.ROLE_ELEVATED, actor=actor, target=grant_as_object(elevation), data=data)
    return elevation


@transaction.atomic
def end_elevation(*, actor: Actor, grant_id: int) -> None:
    """End one's own elevation early; one that ended already stays as it is."""
    own = RoleGrant.objects.select_for_update(of=("self",)).select_related("user", "custom_role")
    elevation = own.filter(pk=grant_id, kind=GrantKind.ELEVATION, user_id=int(actor.id), revoked_at=None).first()
    if elevation is not None:
        end_grant(actor=actor, grant=elevation, reason="No longer needed")


def end_grant(*, actor: Actor, grant: RoleGrant, reason: str) -> None:
    """Revoke a grant that the caller has locked, and record it."""
    grant.revoked_at, grant.revoked_by, grant.revoke_reason = database_now(), actor.label, reason[:500]
    grant.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    data = {"role": role_word(grant), **grant_facts(grant), **({"why_revoked": reason} if reason else {})}
    record(AuditAction.ROLE_REVOKED, actor=actor, target=grant_as_object(grant), data=data)


def refuse_last_administrator(*, without: User) -> None:
    """Raise `GrantRefused` when nobody but `without` could manage people any more; two at once wait for each other."""
    standing = RoleGrant.objects.select_for_update(of=("self",)).filter(
        role=Role.PLATFORM_ADMINISTRATOR, kind=GrantKind.STANDING, revoked_at=None, user__is_active=True
    )
    if not any(each.user_id != without.pk and each.until is None for each in standing.order_by("pk")):
        raise GrantRefused(
            f"{without.display_name} is the last platform administrator: nobody could manage people any more. "
            "Make somebody else one first."
        )


def _require(actor: Actor, person: User) -> None:
    actor.require_everywhere(Permission.GRANT_MANAGE)
    actor.require_step_up()
    if actor.kind is ActorKind.PERSON and actor.human == person.human:
        raise GrantRefused("Nobody changes their own roles. Ask another administrator, or use the command line.")
