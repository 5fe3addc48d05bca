"""What is done to connection profiles, and each refusal."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.partner.models import Partner
from tenants.profiles.handed_in import handed_in_token, identity_of_token
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.services import allow_passwords, change_profile, create_profile, retire_profile
from tenants.profiles.validation import ProfileRefused, ProfileValues
from tests.factories import (
    SYSTEM,
    assign,
    make_app_registration,
    make_capabilities,
    make_group,
    make_organizations,
    make_partner,
    make_profile,
)
from tests.tenants.tokens.login_stub import make_token

pytestmark = pytest.mark.django_db
APP_ONLY = ProfileValues(name="App", method=Method.APP_CERTIFICATE_THUMBPRINT)


@pytest.fixture
def partner() -> Partner:
    return make_app_registration().partner


def created(partner: Partner, **values: Any) -> ConnectionProfile:
    return create_profile(actor=SYSTEM, partner=partner, values=replace(APP_ONLY, **values))


def token_values(**claims: Any) -> ProfileValues:
    return ProfileValues(name="Token", method=Method.ACCESS_TOKEN, access_token=make_token(**claims))


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"name": "  "}, "name", "Give the connection profile a name"),
        ({"name": "application WITH certificate"}, "name", "There is a connection profile"),
        ({"environment": "O365Mars"}, "environment", "There is no environment"),
        ({"environment": "O365GermanyCloud"}, "environment", "Microsoft closed this cloud in 2021"),
        ({"environment": "O365China", "service": ProfileService.COMPLIANCE}, "service", "is not known"),
        ({"method": Method.CREDENTIAL}, "method", "legacy way to connect and not allowed"),
        ({"method": Method.INLINE_CREDENTIAL}, "method", "legacy way to connect and not allowed"),
        ({"method": Method.DELEGATED}, "delegation", "by which right the service account gets in"),
        ({"method": Method.MANAGED_IDENTITY_USER}, "managed_identity", "Give the client id"),
        ({"thumbprint": "AB"}, "thumbprint", "No certificate with the thumbprint AB is stored"),
        ({"method": Method.ACCESS_TOKEN, "access_token": "no token"}, "access_token", "This is no access token"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    partner: Partner, values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ProfileRefused, match=sentence) as refused:
        created(partner, **values)
    assert refused.value.field == field
    assert not ConnectionProfile.objects.exclude(name="Application with certificate").exists()


def test_an_application_of_another_partner_is_refused(partner: Partner) -> None:
    foreign = make_app_registration(make_partner())
    with pytest.raises(ProfileRefused, match="belongs to another partner") as refused:
        created(partner, app_registration=foreign)
    assert refused.value.field == "app_registration"


def test_what_does_not_belong_to_the_method_is_dropped(partner: Partner) -> None:
    profile = created(
        partner,
        method=Method.MANAGED_IDENTITY_SYSTEM,
        thumbprint="AB",
        delegation=Delegation.GDAP,
        user_principal_name="tess@partner.example",
        managed_identity="x",
    )
    kept = (profile.thumbprint, profile.delegation, profile.user_principal_name, profile.managed_identity)
    assert kept == ("", "", "", "")


def test_a_new_profile_is_recorded_with_its_facts(partner: Partner) -> None:
    profile = created(partner, name=" Gold ", service=ProfileService.EXCHANGE)
    event = AuditEvent.objects.get(action=AuditAction.CONNECTION_PROFILE_CREATED, target_id=str(profile.pk))
    assert (profile.name, event.target_label, event.data["service"]) == ("Gold", "Gold", "exo")


class TestAccessToken:
    def test_it_is_sealed_and_its_end_and_tenant_are_known(self, partner: Partner) -> None:
        values = token_values(upn="tess@customer.example")
        profile = create_profile(actor=SYSTEM, partner=partner, values=values)
        profile.refresh_from_db()
        assert values.access_token.encode() not in bytes(profile.sealed_access_token or b"")
        assert handed_in_token(profile).value.reveal() == values.access_token
        assert identity_of_token(profile) == "tess@customer.example"
        assert profile.token_ends_at
        assert profile.token_ends_at > timezone.now()
        assert values.access_token not in str(AuditEvent.objects.values_list("data", flat=True))

    @pytest.mark.parametrize(
        "claims", [{"exp": time.time() - 60}, {"tid": ""}, {"aud": "https://graph.microsoft.com"}, {"roles": []}]
    )
    def test_one_that_cannot_be_used_is_refused_without_being_named(
        self, partner: Partner, claims: dict[str, Any]
    ) -> None:
        values = token_values(**claims)
        with pytest.raises(ProfileRefused) as refused:
            create_profile(actor=SYSTEM, partner=partner, values=values)
        assert refused.value.field == "access_token"
        assert values.access_token not in str(refused.value)

    def test_an_empty_field_keeps_it_and_a_newer_one_replaces_it(self, partner: Partner) -> None:
        profile = create_profile(actor=SYSTEM, partner=partner, values=token_values())
        first = handed_in_token(profile).value
        profile = change_profile(
            actor=SYSTEM, profile=profile, values=ProfileValues(name="Renamed", method=Method.ACCESS_TOKEN)
        )
        assert handed_in_token(profile).value == first
        profile = change_profile(actor=SYSTEM, profile=profile, values=token_values(upn="new@customer.example"))
        assert identity_of_token(profile) == "new@customer.example"

    def test_retiring_destroys_it(self, partner: Partner) -> None:
        profile = create_profile(actor=SYSTEM, partner=partner, values=token_values())
        retire_profile(actor=SYSTEM, profile=profile)
        profile.refresh_from_db()
        assert profile.sealed_access_token is None


class TestChange:
    def test_what_was_before_is_recorded(self, partner: Partner) -> None:
        profile = created(partner)
        change_profile(actor=SYSTEM, profile=profile, values=replace(APP_ONLY, environment="O365USGovDoD"))
        event = AuditEvent.objects.get(action=AuditAction.CONNECTION_PROFILE_CHANGED)
        assert event.data["environment"] == "O365USGovDoD"
        assert event.data["before"] == {"method": APP_ONLY.method, "service": APP_ONLY.service}

    def test_a_retired_one_stays_as_it_is(self, partner: Partner) -> None:
        profile = created(partner)
        retire_profile(actor=SYSTEM, profile=profile)
        with pytest.raises(ProfileRefused, match="was retired"):
            change_profile(actor=SYSTEM, profile=profile, values=APP_ONLY)

    def test_a_narrower_service_withdraws_it_where_it_cannot_serve_any_more(self, partner: Partner) -> None:
        profile = created(partner)
        assign(profile, group=make_group("Gold"))
        change_profile(actor=SYSTEM, profile=profile, values=replace(APP_ONLY, service=ProfileService.EXCHANGE))
        assert [each.service for each in profile.assignments.all()] == ["exo"]

    def test_a_default_keeps_the_services_that_it_is_the_default_for(self, partner: Partner) -> None:
        profile = ConnectionProfile.objects.get(partner=partner)
        values = replace(APP_ONLY, name=profile.name, service=ProfileService.EXCHANGE)
        with pytest.raises(ProfileRefused, match="default of its partner for the other service"):
            change_profile(actor=SYSTEM, profile=profile, values=values)
        profile.refresh_from_db()
        assert profile.service == ProfileService.BOTH


class TestRetire:
    def test_its_assignments_go_and_its_name_becomes_free(self, partner: Partner) -> None:
        profile = created(partner)
        assign(profile, group=make_group("Gold"))
        retire_profile(actor=SYSTEM, profile=profile)
        assert not ProfileAssignment.objects.filter(profile=profile).exists()
        assert created(partner).name == profile.name
        assert AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_RETIRED).count() == 1

    def test_a_default_is_replaced_first(self, partner: Partner) -> None:
        with pytest.raises(ProfileRefused, match="default of its partner"):
            retire_profile(actor=SYSTEM, profile=ConnectionProfile.objects.get(partner=partner))


def test_what_was_read_is_outdated_by_another_identity_and_not_by_another_name(partner: Partner) -> None:
    profile = created(partner)
    [kept] = make_capabilities(make_organizations(1, partner=partner), "Get-Mailbox", profile=profile)
    change_profile(actor=SYSTEM, profile=profile, values=replace(APP_ONLY, name="Renamed"))
    kept.refresh_from_db()
    assert kept.outdated_at is None
    values = ProfileValues(name="Renamed", method=Method.MANAGED_IDENTITY_SYSTEM)
    change_profile(actor=SYSTEM, profile=profile, values=values)
    kept.refresh_from_db()
    assert kept.why_outdated == "The connection profile was changed since."


def test_what_a_retired_profile_was_offered_is_outdated(partner: Partner) -> None:
    profile = created(partner)
    [kept] = make_capabilities(make_organizations(1, partner=partner), "Get-Mailbox", profile=profile)
    retire_profile(actor=SYSTEM, profile=profile)
    kept.refresh_from_db()
    assert kept.outdated_at


def test_passwords_are_allowed_and_forbidden_with_an_event_each(partner: Partner) -> None:
    allow_passwords(actor=SYSTEM, partner=partner, allowed=True)
    assert created(partner, method=Method.CREDENTIAL).method == Method.CREDENTIAL
    allow_passwords(actor=SYSTEM, partner=partner, allowed=False)
    with pytest.raises(ProfileRefused, match="not allowed"):
        created(partner, name="Another", method=Method.CREDENTIAL)
    events = AuditEvent.objects.filter(action__startswith="partner.passwords").order_by("pk")
    allowed, forbidden = AuditAction.PARTNER_PASSWORDS_ALLOWED, AuditAction.PARTNER_PASSWORDS_FORBIDDEN
    assert [event.action for event in events] == [allowed, forbidden]


def test_technicians_change_nothing(technician: User, acting: Callable[[User], Actor], partner: Partner) -> None:
    actor, profile = acting(technician), make_profile(partner)
    for refused in (
        lambda: create_profile(actor=actor, partner=partner, values=APP_ONLY),
        lambda: change_profile(actor=actor, profile=profile, values=APP_ONLY),
        lambda: retire_profile(actor=actor, profile=profile),
        lambda: allow_passwords(actor=actor, partner=partner, allowed=True),
    ):
        with pytest.raises(PermissionRefused):
            refused()


def test_a_token_for_no_tenant_of_ours_is_kept_for_its_tenant(partner: Partner) -> None:
    tenant_id = uuid4()
    profile = create_profile(actor=SYSTEM, partner=partner, values=token_values(tenant_id=str(tenant_id)))
    assert profile.token_tenant_id == tenant_id
    assert profile.token_ends_at
    assert profile.token_ends_at - timezone.now() < timedelta(hours=1)
