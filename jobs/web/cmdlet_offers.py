"""Who may run a cmdlet: how many organizations offer it to a tested connection profile."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from jobs.catalogue.cmdlets import Cmdlet
from jobs.web.words import SERVICES
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.capabilities.selectors import count_offering
from tenants.profiles.methods import reached_through

_ANSWERS = (("yes", "offer it"), ("no", "do not offer it"), ("unknown", "not known"))


@dataclass(frozen=True, slots=True)
class OfferLine:
    """How many organizations answer alike; `url` lists them."""

    number: int
    words: str
    url: str


def cmdlet_offers(actor: Actor, cmdlet: Cmdlet) -> list[tuple[str, list[OfferLine]]]:
    """Return, for each service of `cmdlet`, how many organizations may run it; nothing for who may not see them."""
    if not actor.has(Permission.ORGANIZATION_READ):
        return []
    services = dict.fromkeys(map(reached_through, cmdlet.services))
    return [(SERVICES[service], _lines(actor, service, cmdlet.name)) for service in services]


def _lines(actor: Actor, service: str, cmdlet: str) -> list[OfferLine]:
    counted = count_offering(actor, service=service, cmdlet=cmdlet)
    return [
        OfferLine(getattr(counted, answer), words, _url(f"{answer}:{service}:{cmdlet}")) for answer, words in _ANSWERS
    ]


def _url(value: str) -> str:
    return f"{reverse('tenants:organizations')}?{urlencode({'may_run': value})}"
