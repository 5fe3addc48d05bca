"""Organizations by what people call them."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from portal.core.actors import Actor, ActorKind, Source
from tenants.organizations.models import Organization
from tenants.organizations.names import OrganizationUnknown, name_of, organization_named, organizations_meant
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db


@pytest.fixture
def contoso() -> Organization:
    make_organizations(2)
    return make_organizations(
        1, name="Contoso Ltd", default_domain="contoso.example", initial_domain="contoso.onmicrosoft.com"
    )[0]


@pytest.fixture
def nobody() -> Actor:
    return Actor(ActorKind.PERSON, "1", "Nobody", (), Source.WEB)


@pytest.mark.parametrize(
    "call",
    [
        lambda o: o.default_domain,
        lambda o: o.initial_domain.upper(),
        lambda o: f"  {o.name.lower()} ",
        lambda o: str(o.tenant_id),
        lambda o: str(o.tenant_id).replace("-", "").upper(),
        lambda o: str(o.pk),
    ],
    ids=["default domain", "initial domain", "name", "tenant id", "tenant id without dashes", "id"],
)
def test_each_of_its_names_finds_it(contoso: Organization, call: Callable[[Organization], str]) -> None:
    assert organization_named(SYSTEM, call(contoso)) == contoso


def test_a_part_of_a_name_is_refused_with_the_nearest(contoso: Organization) -> None:
    with pytest.raises(OrganizationUnknown, match=r"“conto”\. Nearest are: contoso\.example\."):
        organization_named(SYSTEM, "conto")


def test_a_name_that_two_have_is_refused(contoso: Organization) -> None:
    make_organizations(1, name=contoso.name)
    with pytest.raises(OrganizationUnknown, match="More than one"):
        organization_named(SYSTEM, contoso.name)


@pytest.mark.parametrize("text", ["", "  "])
def test_no_name_finds_nothing_even_when_an_organization_has_no_domain(contoso: Organization, text: str) -> None:
    Organization.objects.filter(pk=contoso.pk).update(default_domain="")
    with pytest.raises(OrganizationUnknown):
        organization_named(SYSTEM, text)


def test_one_that_is_no_longer_served_is_not_found(contoso: Organization) -> None:
    Organization.objects.update(vanished_at=timezone.now())
    with pytest.raises(OrganizationUnknown):
        organization_named(SYSTEM, contoso.default_domain)


def test_one_outside_what_somebody_may_see_is_not_found(contoso: Organization, nobody: Actor) -> None:
    with pytest.raises(OrganizationUnknown, match=r"There is no organization “contoso\.example”\.$"):
        organization_named(nobody, contoso.default_domain)


@pytest.mark.parametrize(
    "call",
    [lambda o: str(o.pk), lambda o: "ltd conto", lambda o: "contoso.on"],
    ids=["id", "words of the name", "part of a domain"],
)
def test_an_id_or_words_mean_organizations_also_former_ones(
    contoso: Organization, nobody: Actor, call: Callable[[Organization], str]
) -> None:
    Organization.objects.filter(pk=contoso.pk).update(vanished_at=timezone.now())
    assert list(organizations_meant(SYSTEM, call(contoso))) == [contoso]
    assert not organizations_meant(nobody, call(contoso))


def test_a_name_is_known_by_the_id_only_and_to_those_who_may_see_it(contoso: Organization, nobody: Actor) -> None:
    assert name_of(SYSTEM, str(contoso.pk)) == "Contoso Ltd"
    assert name_of(SYSTEM, "conto") is None
    assert name_of(SYSTEM, str(contoso.tenant_id)) is None
    assert name_of(nobody, str(contoso.pk)) is None
