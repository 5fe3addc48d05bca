"""Organizations as the policy asks about them."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import BooleanField, Case, F, Q, Value, When

from portal.core.authority import Grant, Place, Scope, ScopeKind
from tenants.groups.membership import fits_rule
from tenants.organizations.models import Organization
from tenants.organizations.scopes import in_any


def places_of(organization_ids: Iterable[UUID], grants: Iterable[Grant]) -> dict[UUID, Place]:
    """Return the organizations that exist, by id, with their membership in the groups that `grants` are scoped to."""
    groups = [scope for scope in dict.fromkeys(grant.scope for grant in grants) if scope.kind is ScopeKind.GROUP]
    marks = {f"in_{number}": _is(in_any((scope,), fitting=fits_rule)) for number, scope in enumerate(groups)}
    rows = Organization.objects.filter(pk__in=set(organization_ids)).values_list(
        "pk",
        "partner_id",
        "vanished_at",
        _is(Q(tenant_id=F("partner__tenant_id"))),
        *marks.values(),
    )
    return {
        pk: Place(partner_id, pk, _members(groups, belongs), is_partners_own, vanished_at is None)
        for pk, partner_id, vanished_at, is_partners_own, *belongs in rows
    }


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False), output_field=BooleanField())


def _members(groups: list[Scope], belongs: list[bool]) -> frozenset[UUID]:
    return frozenset(scope.id for scope, is_in in zip(groups, belongs, strict=True) if is_in and scope.id)
