"""What pages ask about the partner."""

from uuid import UUID

from portal.core.refusals import Refused
from tenants.partner.models import Partner, PartnerSignIn


class PartnerUnknown(Refused):
    """No partner, or more than one, is meant."""


def partners_with_sign_in() -> list[Partner]:
    """Return every partner with its sign-in, by name; a partner without one has no `sign_in`."""
    return list(Partner.objects.select_related("sign_in").order_by("name", "pk"))


def find_partner(partner_id: UUID) -> Partner | None:
    """Return one partner with its sign-in."""
    return Partner.objects.select_related("sign_in").filter(pk=partner_id).first()


def first_partner() -> Partner | None:
    """Return the partner that was connected first, with its sign-in."""
    return Partner.objects.select_related("sign_in").order_by("created_at").first()


def partner_named(text: str) -> Partner:
    """Return the partner with this name, initial domain or tenant id, or the only one; raises `PartnerUnknown`."""
    text = text.strip()
    partners = list(Partner.objects.order_by("name", "pk"))
    fitting = [p for p in partners if text.lower() in (p.name.lower(), p.initial_domain.lower(), str(p.tenant_id))]
    found = fitting if text else partners
    if len(found) != 1:
        names = ", ".join(partner.name for partner in partners) or "none is connected yet"
        raise PartnerUnknown(f"Name one partner: {names}.")
    return found[0]


def service_account_of(partner: Partner) -> str:
    """Return the user principal name of the partner's service account, empty where none has signed in."""
    return PartnerSignIn.objects.filter(partner=partner).values_list("user_principal_name", flat=True).first() or ""
