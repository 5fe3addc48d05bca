"""What an installation defines itself: custom roles, and named sets of cmdlets."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from portal.accounts.grants.models import CustomRole, NamedSet, RoleGrant
from portal.accounts.grants.services import GrantRefused
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind
from portal.core.permissions import Permission


@transaction.atomic
def save_custom_role(
    *, actor: Actor, name: str, permissions: Iterable[Permission], purpose: str = "", role_id: int | None = None
) -> CustomRole:
    """Create a role, or change one: whoever holds it holds what it permits from then on.

    Raises `GrantRefused` without a name or permission, or for a name that is taken.
    """
    actor.require_everywhere(Permission.ROLE_MANAGE)
    actor.require_step_up()
    wanted = sorted({permission.value for permission in permissions})
    if not name.strip() or not wanted:
        raise GrantRefused("Give the role a name and at least one permission.")
    role = CustomRole.objects.select_for_update().get(pk=role_id) if role_id else CustomRole()
    if role_id:
        _require_not_ones_own(actor, RoleGrant.objects.filter(custom_role=role_id))
    before = {"name": role.name, "permissions": role.permissions or []}
    role.name, role.permissions, role.purpose, role.changed_by = name.strip(), wanted, purpose, actor.label
    _save(role)
    data = {"permissions": wanted, **({"before": before} if role_id else {})}
    if role_id:
        record(AuditAction.CUSTOM_ROLE_CHANGED, actor=actor, target=_as_object(role), data=data)
    else:
        record(AuditAction.CUSTOM_ROLE_CREATED, actor=actor, target=_as_object(role), data=data)
    return role


@transaction.atomic
def delete_custom_role(*, actor: Actor, role_id: int) -> None:
    """Delete a role that nobody was ever granted; raises `GrantRefused` otherwise: its history needs it."""
    actor.require_everywhere(Permission.ROLE_MANAGE)
    actor.require_step_up()
    role = CustomRole.objects.select_for_update().get(pk=role_id)
    if role.grants.exists():
        raise GrantRefused(f"“{role.name}” was granted to somebody: its history keeps it. Revoke its grants instead.")
    record(AuditAction.CUSTOM_ROLE_DELETED, actor=actor, target=_as_object(role))
    role.delete()


@transaction.atomic
def save_named_set(*, actor: Actor, name: str, cmdlets: Sequence[str], set_id: int | None = None) -> NamedSet:
    """Create a named set of cmdlets, or change one: grants that are limited to it follow at once.

    Raises `GrantRefused` without a name or for a name that is taken. An empty set allows nothing.
    """
    actor.require_everywhere(Permission.NAMED_SET_MANAGE)
    actor.require_step_up()
    if not name.strip():
        raise GrantRefused("Give the set a name.")
    named_set = NamedSet.objects.select_for_update().get(pk=set_id) if set_id else NamedSet()
    _require_not_ones_own(actor, _limited_to(set_id))
    before = {"name": named_set.name, "cmdlets": named_set.cmdlets or []}
    named_set.name, named_set.cmdlets, named_set.changed_by = name.strip(), sorted(set(cmdlets)), actor.label
    _save(named_set)
    data = {"cmdlets": named_set.cmdlets, **({"before": before} if set_id else {})}
    if set_id:
        record(AuditAction.NAMED_SET_CHANGED, actor=actor, target=_as_object(named_set), data=data)
    else:
        record(AuditAction.NAMED_SET_CREATED, actor=actor, target=_as_object(named_set), data=data)
    return named_set


@transaction.atomic
def delete_named_set(*, actor: Actor, set_id: int) -> None:
    """Delete a named set: a grant that was limited to it alone allows no cmdlet any more."""
    actor.require_everywhere(Permission.NAMED_SET_MANAGE)
    actor.require_step_up()
    named_set = NamedSet.objects.select_for_update().get(pk=set_id)
    _require_not_ones_own(actor, _limited_to(set_id))
    record(
        AuditAction.NAMED_SET_DELETED,
        actor=actor,
        target=_as_object(named_set),
        data={"cmdlets": named_set.cmdlets},
    )
    named_set.delete()


def _limited_to(set_id: int | None) -> "QuerySet[RoleGrant]":
    """Return the grants that a named set limits."""
    return RoleGrant.objects.filter(limits__named_sets__contains=[set_id]) if set_id else RoleGrant.objects.none()


def _require_not_ones_own(actor: Actor, grants: "QuerySet[RoleGrant]") -> None:
    """Raise `GrantRefused` where what is changed is held by the actor, or may be elevated to: with any account."""
    if actor.kind is not ActorKind.PERSON:
        return
    holders = User.objects.filter(role_grants__in=grants.filter(revoked_at=None)).distinct()
    if any(person.human == actor.human for person in holders):
        raise GrantRefused("You hold this yourself: nobody changes their own rights. Ask another administrator.")


def _save(made: CustomRole | NamedSet) -> None:
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise GrantRefused(f"There is a “{made.name}” already. Choose another name.") from error


def _as_object(made: CustomRole | NamedSet) -> Object:
    return Object("custom role" if isinstance(made, CustomRole) else "named set", str(made.pk), made.name)
