"""Questions about grants."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from portal.accounts.grants.models import CustomRole, GrantKind, NamedSet, RoleGrant


def are_scopes(scope_ids: Iterable[UUID]) -> bool:
    """Whether a role is, or may be, held over one of these partners, organization groups or organizations."""
    return RoleGrant.objects.filter(scope_id__in=list(scope_ids), revoked_at=None).exists()


def grants_of_person(person_id: int) -> list[RoleGrant]:
    """Return everything that a person was ever granted, what holds first, then the latest first."""
    rows = RoleGrant.objects.filter(user_id=person_id).select_related("custom_role", "user")
    now = timezone.now()
    return sorted(rows, key=lambda grant: (not holds(grant, now), -grant.granted_at.timestamp()))


def holds(grant: RoleGrant, now: datetime) -> bool:
    """Whether a grant is neither revoked nor over at `now`."""
    return grant.revoked_at is None and (grant.until is None or grant.until > now)


def find_grant(grant_id: int) -> RoleGrant | None:
    """Return one grant with its person, or None."""
    return RoleGrant.objects.select_related("custom_role", "user").filter(pk=grant_id).first()


def set_names() -> dict[int, str]:
    """Return the names of the named sets by id."""
    return dict(NamedSet.objects.order_by(Lower("name")).values_list("pk", "name"))


def custom_roles() -> list[CustomRole]:
    """Return the roles of this installation's own, by name."""
    return list(CustomRole.objects.order_by(Lower("name")))


def named_sets() -> list[NamedSet]:
    """Return the named sets, by name."""
    return list(NamedSet.objects.order_by(Lower("name")))


def holders_by_role() -> dict[str, int]:
    """Return how many people who may sign in hold each role now: by its key, or a custom one's `custom:<id>`."""
    live = RoleGrant.objects.filter(revoked_at=None, user__is_active=True).exclude(kind=GrantKind.ELIGIBLE)
    live = live.filter(Q(until=None) | Q(until__gt=Now()))
    rows = live.values_list("role", "custom_role").annotate(number=Count("user", distinct=True)).order_by()
    return {role or f"custom:{custom}": number for role, custom, number in rows}
