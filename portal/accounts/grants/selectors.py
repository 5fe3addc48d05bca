"""Questions about grants."""

from collections.abc import Iterable
from uuid import UUID

from portal.accounts.grants.models import RoleGrant


def are_scopes(scope_ids: Iterable[UUID]) -> bool:
    """Whether a role is, or may be, held over one of these partners, organization groups or organizations."""
    return RoleGrant.objects.filter(scope_id__in=list(scope_ids), revoked_at=None).exists()
