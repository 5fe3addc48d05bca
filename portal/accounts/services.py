"""What is done to people's accounts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from portal.accounts.grants.models import RoleGrant
from portal.accounts.grants.services import GrantRefused, GrantRequest, end_grant, grant_role, refuse_last_administrator
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind
from portal.core.permissions import Permission, PermissionRefused


@dataclass(frozen=True, slots=True)
class EntraIdentity:
    """An account in Entra: its tenant and its object id there. Names change, and prove nothing."""

    tenant_id: UUID
    object_id: UUID


_TAKEN = "Somebody else signs in with this account. One account belongs to one person."
REFUSALS_PER_MINUTE = 30
"""How many refusals of one person are recorded: whoever tries everything leaves a trail, and does not fill it."""

Leaving = Callable[[Actor, User], dict[str, int]]
_leavings: list[Leaving] = []


def when_disabled(leaving: Leaving) -> None:
    """Make known what else ends with a person's account, in the same transaction; it returns how much, by name."""
    _leavings.append(leaving)


@transaction.atomic
def create_person(
    *,
    actor: Actor,
    username: str,
    display_name: str,
    password: str = "",
    roles: Sequence[Role] = (),
    identity: EntraIdentity | None = None,
    email: str = "",
) -> User:
    """Create a person who can sign in, with `roles` over everything.

    They sign in with `identity` at Microsoft, or with a password, and then a second factor. Raises `ValidationError`
    for a weak password, a sign-in name that is taken, or neither of the two.
    """
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    user = User(username=username, display_name=display_name, email=email)
    if identity is None or password:
        validate_password(password, user)
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.full_clean(exclude=["password", "entra_tenant_id", "entra_object_id"])
    user.save()
    record(AuditAction.PERSON_CREATED, actor=actor, target=person_as_object(user), data={"username": username})
    if identity:
        link_identity(actor=actor, person_id=user.pk, identity=identity)
        user.refresh_from_db(fields=["entra_tenant_id", "entra_object_id"])
    for role in roles:
        grant_role(actor=actor, person=user, request=GrantRequest(role))
    return user


@transaction.atomic
def link_identity(*, actor: Actor, person_id: int, identity: EntraIdentity | None) -> User:
    """Let a person sign in as this account at Microsoft, or with None as none any more.

    What went on in their name ends, as when an account is disabled: it may be another human's from now on. Raises
    `GrantRefused` for one's own account, and where somebody else signs in with it.
    """
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    person = User.objects.select_for_update(of=("self",)).get(pk=person_id)
    if actor.kind is ActorKind.PERSON and actor.human == person.human:
        raise GrantRefused("Nobody changes with which account they sign in. Ask another administrator.")
    if identity and _signs_in_elsewhere(person, identity.tenant_id, identity.object_id):
        raise GrantRefused(_TAKEN)
    before = {"tenant_id": str(person.entra_tenant_id or ""), "object_id": str(person.entra_object_id or "")}
    person.entra_tenant_id = identity.tenant_id if identity else None
    person.entra_object_id = identity.object_id if identity else None
    person.save(update_fields=["entra_tenant_id", "entra_object_id"])
    data = {
        "tenant_id": str(person.entra_tenant_id or ""),
        "object_id": str(person.entra_object_id or ""),
        "before": before,
        **_leave(actor, person),
    }
    record(AuditAction.PERSON_LINKED, actor=actor, target=person_as_object(person), data=data)
    return person


@transaction.atomic
def disable_person(*, actor: Actor, person_id: int, reason: str = "") -> User:
    """Let a person in no more and end, at once, all that goes on in their name: sessions, approvals, runs.

    Raises `GrantRefused` for one's own account and for the last platform administrator.
    """
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    person = User.objects.select_for_update().get(pk=person_id)
    if actor.kind is ActorKind.PERSON and actor.human == person.human:
        raise GrantRefused("Nobody disables their own account. Ask another administrator.")
    if not person.is_active:
        return person
    if any(Permission.PERSON_MANAGE in grant.permissions for grant in person.grants):
        refuse_last_administrator(without=person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    for grant in person.role_grants.select_for_update(of=("self",)).filter(revoked_at=None, kind="elevation"):
        end_grant(actor=actor, grant=grant, reason="The account was disabled")
    data = {"reason": reason, **_leave(actor, person)}
    record(AuditAction.PERSON_DISABLED, actor=actor, target=person_as_object(person), data=data)
    return person


@transaction.atomic
def note_refusal(*, actor: Actor, refusal: PermissionRefused, path: str) -> None:
    """Record that a permission was refused to a person, and where; of one person, about so many a minute."""
    since = timezone.now() - timedelta(minutes=1)
    lately = AuditEvent.objects.filter(
        actor_kind=actor.kind, actor_label=actor.label, action=AuditAction.PERMISSION_REFUSED, occurred_at__gt=since
    )
    if lately.count() < REFUSALS_PER_MINUTE:
        data = {"permission": refusal.permission.value, "rule": refusal.rule, "why": str(refusal)[:500]}
        record(AuditAction.PERMISSION_REFUSED, actor=actor, target=Object("address", "", path[:400]), data=data)


@transaction.atomic
def enable_person(*, actor: Actor, person_id: int) -> User:
    """Let a person in again, with the roles that were not revoked; what was ended stays ended.

    Raises `GrantRefused` where somebody else signs in with the person's Microsoft account by now.
    """
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    person = User.objects.select_for_update().get(pk=person_id)
    if not person.is_active:
        if person.entra_object_id and _signs_in_elsewhere(person, person.entra_tenant_id, person.entra_object_id):
            raise GrantRefused(_TAKEN)
        person.is_active = True
        person.save(update_fields=["is_active"])
        roles = [grant.role_name for grant in _live(person)]
        record(AuditAction.PERSON_ENABLED, actor=actor, target=person_as_object(person), data={"roles": roles})
    return person


def _leave(actor: Actor, person: User) -> dict[str, int]:
    """End all that goes on in a person's name, in the present transaction; returns how much of each, where any."""
    ended: dict[str, int] = {}
    for leaving in _leavings:
        ended |= leaving(actor, person)
    return {name: number for name, number in ended.items() if number}


def _signs_in_elsewhere(person: User, tenant_id: UUID | None, object_id: UUID) -> bool:
    """Whether somebody else who may sign in does so with this Microsoft account."""
    others = User.objects.exclude(pk=person.pk).filter(is_active=True)
    return others.filter(entra_object_id=object_id, entra_tenant_id=tenant_id).exists()


def person_as_object(person: User) -> Object:
    """Return a person as the audit trail names them."""
    return Object("person", str(person.pk), person.display_name)


def _live(person: User) -> list[RoleGrant]:
    return list(person.role_grants.select_related("custom_role").filter(revoked_at=None).order_by("pk"))
