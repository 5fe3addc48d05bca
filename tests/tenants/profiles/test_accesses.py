"""The way into an organization, and why there is none."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from portal.accounts.models import User
from tenants.app_registrations.models import Certificate
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.accesses import Accesses, fits, kept_accesses
from tenants.profiles.facts import ProfileFacts, frozen
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import (
    NoPartnerSignIn,
    NotSignedIn,
    NoUsableCertificate,
    ProfileChanged,
    WrongEnvironment,
)
from tenants.profiles.token_sources import personal_tokens
from tenants.sign_ins.models import PersonalSignIn
from tenants.sign_ins.secrets import seal_refresh_token
from tenants.sign_ins.selectors import are_alive
from tests.factories import make_app_registration, make_organizations, make_partner, make_profile

pytestmark = pytest.mark.django_db
APPLICATION = "5f0c9f0e-5f3c-4a0e-8a57-2f5a1c0d7e11"


@pytest.fixture
def organization() -> Organization:
    User.objects.create(pk=7, username="tess", display_name="Tess")
    partner = make_app_registration().partner
    return make_organizations(1, partner=partner)[0]


def sign_in(organization: Organization, person_id: str = "7", **values: Any) -> PersonalSignIn:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "method": Method.INTERACTIVE,
        "environment": "O365Default",
        "tenant_id": organization.tenant_id,
        "application_id": uuid4(),
        "is_public_client": True,
        "user_principal_name": "tess@partner.example",
        "signed_in_with_mfa": True,
        "signed_in_at": now,
        "ends_at": now + timedelta(hours=1),
    }
    made = PersonalSignIn(person_id=person_id, session="s", **{**defaults, **values})
    made.sealed_refresh_token = seal_refresh_token(made, "secret-refresh-token")
    made.save()
    return made


def way_in(organization: Organization, profile: ConnectionProfile, *, person_id: str = "7") -> Any:
    return Accesses().find(organization, frozen(profile), person_id=person_id)


def test_the_certificate_in_use_signs_in_as_the_application(organization: Organization) -> None:
    access = way_in(organization, make_profile(organization.partner))
    certificate = organization.partner.app_registrations.get().certificates.get()
    assert access.identity.is_app_only
    assert certificate.thumbprint[:8] in access.identity.name
    assert (access.tenant_id, access.environment.name) == (str(organization.tenant_id), "O365Default")


def test_a_retired_profile_is_refused(organization: Organization) -> None:
    profile = make_profile(organization.partner)
    facts = frozen(profile)
    ConnectionProfile.objects.filter(pk=profile.pk).update(retired_at=timezone.now())
    with pytest.raises(ProfileChanged, match="was retired"):
        Accesses().find(organization, facts, person_id="7")


@pytest.mark.parametrize(
    "method", [Method.APP_CERTIFICATE_THUMBPRINT, Method.DELEGATED, Method.INTERACTIVE], ids=lambda method: method.value
)
def test_a_profile_of_another_application_since_the_plan_is_refused(organization: Organization, method: Method) -> None:
    partner = organization.partner
    profile = make_profile(partner, method=method, app_registration=partner.app_registrations.get())
    facts = frozen(profile)
    ConnectionProfile.objects.filter(pk=profile.pk).update(app_registration=make_app_registration(partner))
    with pytest.raises(ProfileChanged, match="was changed since"):
        Accesses().find(organization, facts, person_id="7")


@pytest.mark.parametrize(
    "change",
    [
        {"method": Method.MANAGED_IDENTITY_SYSTEM},
        {"environment": "O365China"},
        {"service": "scc"},
        {"thumbprint": "AB"},
        {"managed_identity": "another"},
        {"user_principal_name": "other@partner.example"},
        {"token_ends_at": timezone.now()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_profile_that_was_changed_after_the_plan_is_refused(
    organization: Organization, change: dict[str, Any]
) -> None:
    profile = make_profile(organization.partner)
    facts = frozen(profile)
    ConnectionProfile.objects.filter(pk=profile.pk).update(**change)
    with pytest.raises(ProfileChanged, match="was changed since"):
        Accesses().find(organization, facts, person_id="7")


@pytest.mark.parametrize("method", [Method.DELEGATED, Method.INTERACTIVE])
def test_another_application_after_the_plan_is_refused(organization: Organization, method: Method) -> None:
    profile = make_profile(organization.partner, method=method, delegation="gdap")
    facts = frozen(profile)
    profile.app_registration = organization.partner.app_registrations.get()
    profile.save()
    with pytest.raises(ProfileChanged, match="was changed since"):
        Accesses().find(organization, facts, person_id="7")
    with pytest.raises((NoPartnerSignIn, NotSignedIn)):
        way_in(organization, profile)


def test_an_organization_that_moved_to_another_partner_is_not_entered_as_the_first(organization: Organization) -> None:
    facts = frozen(make_profile(organization.partner))
    organization.partner = make_partner(name="Fabrikam Services")
    with pytest.raises(ProfileChanged, match="has moved to Fabrikam Services since this run was planned"):
        Accesses().find(organization, facts, person_id="7")


def test_a_new_name_or_a_newer_certificate_changes_nothing(organization: Organization) -> None:
    profile = make_profile(organization.partner)
    facts = frozen(profile)
    ConnectionProfile.objects.filter(pk=profile.pk).update(name="Another name")
    assert ProfileFacts.of_plan(facts.as_plan()) == facts
    assert Accesses().find(organization, facts, person_id="7").profile_name == "Another name"


def test_a_profile_for_another_cloud_is_refused(organization: Organization) -> None:
    with pytest.raises(WrongEnvironment, match=r"is in O365Default, and the .* is for O365China"):
        way_in(organization, make_profile(organization.partner, environment="O365China"))


def test_an_organization_in_the_closed_cloud_cannot_be_entered(organization: Organization) -> None:
    organization.environment = "O365GermanyCloud"
    with pytest.raises(WrongEnvironment, match="closed this cloud in 2021"):
        way_in(organization, make_profile(organization.partner))


def test_delegated_access_needs_the_sign_in_of_the_service_account(organization: Organization) -> None:
    with pytest.raises(NoPartnerSignIn, match="has no partner sign-in yet"):
        way_in(organization, make_profile(organization.partner, method=Method.DELEGATED, delegation="gdap"))


class TestPersonalSignIns:
    def test_are_used_for_their_own_person_only(self, organization: Organization) -> None:
        profile = make_profile(organization.partner, method=Method.INTERACTIVE)
        mine = sign_in(organization)
        access = way_in(organization, profile)
        assert (access.identity.sign_in_id, access.identity.is_app_only) == (mine.pk, False)
        with pytest.raises(NotSignedIn, match="that person is not signed in"):
            way_in(organization, profile, person_id="8")

    def test_are_not_used_after_their_end(self, organization: Organization) -> None:
        sign_in(organization, ends_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(NotSignedIn):
            way_in(organization, make_profile(organization.partner, method=Method.INTERACTIVE))

    def test_are_not_used_once_the_person_may_sign_in_here_no_more(self, organization: Organization) -> None:
        mine = sign_in(organization)
        profile = make_profile(organization.partner, method=Method.INTERACTIVE)
        assert are_alive([mine.pk]) == [True]
        User.objects.update(is_active=False)
        assert are_alive([mine.pk]) == [False]
        with pytest.raises(NotSignedIn):
            way_in(organization, profile)

    @pytest.mark.parametrize(
        ("facts", "signed_in", "expected"),
        [
            ({}, {}, True),
            ({"method": Method.DEVICE}, {}, False),
            ({"method": Method.CREDENTIAL}, {"method": Method.INLINE_CREDENTIAL}, True),
            ({"user_principal_name": "TESS@partner.example"}, {}, True),
            ({"user_principal_name": "max@partner.example"}, {}, False),
            ({"delegation": "gdap"}, {}, False),
            ({"application_id": APPLICATION}, {}, False),
            ({"application_id": APPLICATION}, {"application_id": UUID(APPLICATION)}, True),
        ],
    )
    def test_fit_by_method_account_and_tenant(
        self, organization: Organization, facts: dict[str, Any], signed_in: dict[str, Any], expected: bool
    ) -> None:
        profile = ProfileFacts(id="1", name="x", **{"method": Method.INTERACTIVE, **facts})
        assert fits(sign_in(organization, **signed_in), organization, profile) is expected

    def test_of_a_delegated_profile_are_made_at_the_partners_tenant(self, organization: Organization) -> None:
        at_home = sign_in(organization, tenant_id=UUID(str(organization.partner.tenant_id)))
        delegated = ProfileFacts(id="1", name="x", method=Method.INTERACTIVE, delegation="gdap")
        assert fits(at_home, organization, delegated)
        assert not fits(at_home, make_organizations(1, partner=make_partner())[0], delegated)


def test_a_sign_in_that_ends_while_a_batch_begins_is_not_used(organization: Organization) -> None:
    profile = make_profile(organization.partner, method=Method.DEVICE, delegation="gdap")
    made = sign_in(organization, tenant_id=organization.partner.tenant_id, method=Method.DEVICE)
    accesses = Accesses()
    assert accesses.find(organization, frozen(profile), person_id="7").identity.sign_in_id == made.pk
    made.delete()
    personal_tokens.cache_clear()
    with pytest.raises(NotSignedIn):
        accesses.find(organization, frozen(profile), person_id="7")


def test_what_a_batch_shares_is_read_once(organization: Organization, django_assert_num_queries: Any) -> None:
    facts = frozen(make_profile(organization.partner))
    places = [organization, *make_organizations(20, partner=organization.partner)]
    accesses = Accesses()
    accesses.find(organization, facts, person_id="7")
    with django_assert_num_queries(0):
        for place in places:
            accesses.find(place, facts, person_id="7")


def test_what_was_read_is_kept_until_something_of_it_changes(
    organization: Organization, django_assert_num_queries: Any
) -> None:
    profile = organization.partner.connection_profiles.get()
    facts = frozen(profile)
    kept_accesses().find(organization, facts, person_id="7")
    with django_assert_num_queries(1):
        kept_accesses().find(organization, facts, person_id="7")
    for name in ("Once", "Twice"):  # both in one transaction
        ConnectionProfile.objects.filter(pk=profile.pk).update(name=name)
        assert kept_accesses().find(organization, facts, person_id="7").profile_name == name
    Certificate.objects.all().update(not_after=timezone.now())
    with pytest.raises(NoUsableCertificate):
        kept_accesses().find(organization, facts, person_id="7")
    ConnectionProfile.objects.filter(pk=profile.pk).update(retired_at=timezone.now())
    with pytest.raises(ProfileChanged):
        kept_accesses().find(organization, facts, person_id="7")


def test_organizations_come_with_their_partner_as_it_is_now(
    organization: Organization, django_assert_num_queries: Any
) -> None:
    kept_accesses().organizations([organization.pk])
    Partner.objects.update(is_target=True)
    accesses = kept_accesses()
    with django_assert_num_queries(2):
        found = accesses.organizations([organization.pk, uuid4()])
        assert found[organization.pk].partner.is_target
    assert found == {organization.pk: organization}
    assert vars(found[organization.pk]).keys() >= {field.attname for field in Organization._meta.concrete_fields}
