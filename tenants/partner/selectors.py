"""What pages ask about the partner."""

from uuid import UUID

from tenants.partner.models import Partner


def partners_with_sign_in() -> list[Partner]:
    """Return every partner with its sign-in, by name; a partner without one has no `sign_in`."""
    return list(Partner.objects.select_related("sign_in").order_by("name", "pk"))


def find_partner(partner_id: UUID) -> Partner | None:
    """Return one partner with its sign-in."""
    return Partner.objects.select_related("sign_in").filter(pk=partner_id).first()


def first_partner() -> Partner | None:
    """Return the partner that was connected first, with its sign-in."""
    return Partner.objects.select_related("sign_in").order_by("created_at").first()
