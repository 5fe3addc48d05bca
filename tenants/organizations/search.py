"""Finding organizations while somebody types."""

from django.db.models import Case, IntegerField, Q, Value, When

from portal.core.actors import Actor
from portal.core.text import readable_id
from tenants.organizations.models import Organization

_AS_TEXT = ("name", "default_domain", "initial_domain")


def search_organizations(*, actor: Actor, text: str, number: int) -> list[Organization]:
    """Return up to `number` served organizations whose name, domain or tenant id fits `text`, the nearest first."""
    served = Organization.objects.visible_to(actor).served()
    tenant_id = readable_id(text)
    found = served.filter(tenant_id=tenant_id) if tenant_id else served.matching(text)
    nearness = Case(
        When(_each("iexact", text), then=Value(0)),
        When(name__istartswith=text, then=Value(1)),
        When(_each("istartswith", text), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(found.order_by(nearness, "name", "pk")[:number])


def organization_exactly(*, actor: Actor, text: str) -> Organization | None:
    """Return the one organization, also a former one, with this tenant id, id or domain."""
    meant = Q(default_domain__iexact=text) | Q(initial_domain__iexact=text)
    if identifier := readable_id(text):
        meant |= Q(tenant_id=identifier) | Q(pk=identifier)
    found = list(Organization.objects.visible_to(actor).filter(meant)[:2])
    return found[0] if len(found) == 1 else None


def _each(lookup: str, text: str) -> Q:
    meant = Q()
    for field in _AS_TEXT:
        meant |= Q(**{f"{field}__{lookup}": text})
    return meant
