"""Which certificate signs in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.services import activate_certificate
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.endings import endings_of
from tenants.profiles.refusals import NoUsableCertificate
from tests.factories import SYSTEM, make_app_registration, make_certificate, make_partner, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def app_registration() -> AppRegistration:
    return make_app_registration(certificate=False)


def test_a_newer_one_stands_by_until_the_older_one_is_gone(app_registration: AppRegistration) -> None:
    first = make_certificate(app_registration, days=10)
    newer = make_certificate(app_registration, days=20)
    assert choose_certificate(app_registration.partner) == first == app_registration.certificate_in_use
    Certificate.objects.filter(pk=first.pk).update(not_after=timezone.now() - timedelta(days=1))
    assert choose_certificate(app_registration.partner) == newer


def test_a_profile_ends_with_the_certificate_that_signs_in(app_registration: AppRegistration) -> None:
    make_certificate(app_registration, days=5)
    chosen = make_certificate(app_registration, days=400)
    profile = make_profile(app_registration.partner)
    activate_certificate(actor=SYSTEM, certificate=chosen)
    chosen.refresh_from_db()
    assert choose_certificate(app_registration.partner) == chosen
    ending = endings_of([profile])[profile.pk]
    assert (ending.moment, ending.tone) == (chosen.not_after, "good")


def test_one_that_is_not_valid_yet_waits(app_registration: AppRegistration) -> None:
    valid, future = make_certificate(app_registration, days=10), make_certificate(app_registration, days=20)
    Certificate.objects.filter(pk=future.pk).update(not_before=timezone.now() + timedelta(days=1))
    assert choose_certificate(app_registration.partner) == valid


def test_the_named_one_is_chosen_in_any_case(app_registration: AppRegistration) -> None:
    named = make_certificate(app_registration, days=10)
    make_certificate(app_registration, days=20)
    assert choose_certificate(app_registration.partner, named.thumbprint.lower()) == named


def test_an_unknown_name_is_refused_with_the_known_ones(app_registration: AppRegistration) -> None:
    certificate = make_certificate(app_registration)
    with pytest.raises(NoUsableCertificate, match=rf"00FF is stored\. Stored are: {certificate.thumbprint}\."):
        choose_certificate(app_registration.partner, "00FF")


def test_an_expired_one_is_refused_even_when_named(app_registration: AppRegistration) -> None:
    certificate = make_certificate(app_registration)
    Certificate.objects.update(not_after=timezone.now() - timedelta(days=1))
    for thumbprint in ("", certificate.thumbprint):
        with pytest.raises(NoUsableCertificate, match="expired on"):
            choose_certificate(app_registration.partner, thumbprint)


def test_a_partner_without_any_is_told_where_to_upload_one() -> None:
    partner = make_partner(name="Contoso Partner")
    make_app_registration()
    with pytest.raises(NoUsableCertificate, match=r"Contoso Partner has no certificate\. Upload one"):
        choose_certificate(partner)
