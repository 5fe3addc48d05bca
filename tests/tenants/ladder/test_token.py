"""The rung of the token speaks of the connection profile that applies."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from tenants.ladder.token import TokenFact, token_fact
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_organizations, make_profile

pytestmark = pytest.mark.django_db


def fact(**values: Any) -> TokenFact:
    """Return what is known where a profile with these values applies."""
    partner = make_app_registration().partner
    organization = make_organizations(1, partner=partner)[0]
    profile = make_profile(partner, name="Own", **values)
    return token_fact(organization, profile)


def token_of(organization: Organization, ends_in: timedelta) -> TokenFact:
    profile = make_profile(
        organization.partner,
        name="Token",
        method="access_token",
        token_tenant_id=organization.tenant_id,
        token_ends_at=timezone.now() + ends_in,
    )
    return token_fact(organization, profile)


def test_a_certificate_says_how_long_it_lasts() -> None:
    known = fact(method="app_certificate_file")
    assert "364 days left" in known.words
    assert known.error_class == ""


@pytest.mark.parametrize(
    ("values", "words", "error_class"),
    [
        ({"method": "app_certificate_object", "thumbprint": "AB" * 20}, "No certificate with", "no_usable_certificate"),
        ({"method": "delegated", "delegation": "gdap"}, "no partner sign-in yet", "no_partner_sign_in"),
        ({"method": "device", "environment": "O365China"}, "O365Default", "wrong_environment"),
        ({"method": "credential"}, "passwords are not allowed", "no_connection_profile"),
        ({"method": "access_token", "token_tenant_id": uuid4()}, "for another organization", "wrong_organization"),
    ],
)
def test_what_cannot_work_is_named_with_its_fix(values: dict[str, Any], words: str, error_class: str) -> None:
    known = fact(**values)
    assert words in known.words
    assert known.error_class == error_class
    assert known.fix


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("interactive", "the account of whoever launches"),
        ("managed_identity_system", "managed identity of the machine"),
    ],
)
def test_what_nobody_can_know_beforehand_is_no_failure(method: str, words: str) -> None:
    known = fact(method=method)
    assert words in known.words
    assert known.error_class == ""


def test_an_access_token_that_ended_asks_for_a_newer_one() -> None:
    organization = make_organizations(1)[0]
    known = token_of(organization, timedelta(hours=-1))
    assert (known.error_class, known.fix) == ("token_expired", "Hand in a newer token on the page of “Token”.")


def test_an_access_token_that_lasts_says_until_when() -> None:
    known = token_of(make_organizations(1)[0], timedelta(days=3))
    assert known.words == "The access token of “Token” ends in 2 days and is never renewed."


def test_without_a_profile_nobody_gets_in() -> None:
    known = token_fact(make_organizations(1)[0], None)
    assert known.error_class == "no_connection_profile"
    assert "Choose a default" in known.fix
