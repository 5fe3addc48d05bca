"""Connecting a partner so that its organizations can be entered."""

from typing import Any

from django.db import transaction

from portal.core.actors import Actor
from tenants.partner.models import Partner
from tenants.partner.services import connect_partner
from tenants.profiles.services import add_default_profile


@transaction.atomic
def connect_partner_with_profile(*, actor: Actor, **values: Any) -> Partner:
    """Add the MSP's own tenant with its default connection profile; `values` as of `connect_partner`."""
    partner = connect_partner(actor=actor, **values)
    add_default_profile(actor=actor, partner=partner)
    return partner
