"""The partner's own organization as a target: only when an administrator wants it, never by accident."""

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.partner.services import as_object


@transaction.atomic
def make_partner_a_target(*, actor: Actor, partner: Partner) -> Organization:
    """Put the partner's own organization among the organizations, so that cmdlets can be run in it."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    organization, _ = Organization.objects.update_or_create(
        tenant_id=partner.tenant_id,
        defaults={
            "partner": partner,
            "name": partner.name,
            "initial_domain": partner.initial_domain,
            "default_domain": partner.initial_domain,
            "environment": partner.environment,
            "is_added_by_hand": True,
            "vanished_at": None,
        },
    )
    _note(actor, partner, is_target=True)
    return organization


@transaction.atomic
def make_partner_no_target(*, actor: Actor, partner: Partner) -> None:
    """Take the partner's own organization out again; its history stays, and nothing can be launched there."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    own = Organization.objects.filter(tenant_id=partner.tenant_id, vanished_at=None)
    own.update(vanished_at=timezone.now())
    _note(actor, partner, is_target=False)


def _note(actor: Actor, partner: Partner, *, is_target: bool) -> None:
    if partner.is_target == is_target:
        return
    partner.is_target = is_target
    partner.save(update_fields=["is_target"])
    action = AuditAction.PARTNER_MADE_TARGET if is_target else AuditAction.PARTNER_NO_TARGET
    record(action, actor=actor, target=as_object(partner), data={"tenant_id": str(partner.tenant_id)})
