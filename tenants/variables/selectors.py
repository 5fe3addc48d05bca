"""What pages ask about variables of organizations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.variables.models import OrganizationVariable


@dataclass(frozen=True, slots=True)
class Effect:
    """What setting one variable to one value in many organizations would change."""

    added: int
    replaced: int
    unchanged: int

    @property
    def number(self) -> int:
        """In how many organizations anything would change."""
        return self.added + self.replaced


def variables_of(organization: Organization) -> list[OrganizationVariable]:
    """Return the variables that people set for `organization`, by name."""
    return list(OrganizationVariable.objects.filter(organization=organization))


def stored_values(organization_ids: Iterable[UUID]) -> Mapping[tuple[UUID, str], str]:
    """Return the stored values of these organizations by organization and name."""
    stored = OrganizationVariable.objects.filter(organization__in=list(organization_ids))
    return {(place, name): value for place, name, value in stored.values_list("organization", "name", "value")}


def values_of(organization_ids: Iterable[UUID], names: Iterable[str]) -> Mapping[UUID, Mapping[str, str]]:
    """Return the stored values of these variables by organization; one that has none of them is left out."""
    values: dict[UUID, dict[str, str]] = {}
    stored = OrganizationVariable.objects.filter(organization__in=list(organization_ids), name__in=list(names))
    for place, name, value in stored.order_by().values_list("organization", "name", "value"):
        values.setdefault(place, {})[name] = value
    return values


def effect_of(organizations: OrganizationQuerySet, name: str, value: str) -> Effect:
    """Return what setting `name` to `value` in `organizations` would change."""
    stored = OrganizationVariable.objects.filter(organization__in=organizations.values("pk"), name=name)
    values = list(stored.values_list("value", flat=True))
    same = values.count(value)
    return Effect(organizations.count() - len(values), len(values) - same, same)


def variable_names(actor: Actor) -> Sequence[str]:
    """Return the names that are set in any organization that `actor` may see."""
    places = Organization.objects.visible_to(actor).served()
    named = OrganizationVariable.objects.filter(organization__in=places.values("pk"))
    return list(named.order_by("name").values_list("name", flat=True).distinct())
