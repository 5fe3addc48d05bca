"""Replacing a certificate: which one signs in, which step comes next, and who may choose."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.app_registrations.material import CertificateRefused
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.rotation import rotation_of
from tenants.app_registrations.selectors import comes_first, find_app_registration, successor_of
from tenants.app_registrations.services import activate_certificate
from tenants.profiles.certificates import choose_certificate
from tests.factories import SYSTEM, make_app_registration, make_certificate

pytestmark = pytest.mark.django_db


def fresh(registration: AppRegistration) -> AppRegistration:
    found = find_app_registration(SYSTEM, registration.pk)
    assert found
    return found


def states(registration: AppRegistration) -> list[str]:
    rotation = rotation_of(fresh(registration))
    return [step.state for step in rotation.steps] if rotation else []


def test_the_one_that_is_chosen_signs_in_everywhere_that_is_asked() -> None:
    registration = make_app_registration(certificate=False)
    old, new = make_certificate(registration, days=40), make_certificate(registration, days=365)
    assert fresh(registration).certificate_in_use == old
    assert choose_certificate(registration.partner) == old
    activate_certificate(actor=SYSTEM, certificate=new)
    assert fresh(registration).certificate_in_use == new
    assert choose_certificate(registration.partner) == new
    assert choose_certificate(registration.partner, old.thumbprint) == old, "a thumbprint still names its own"
    assert successor_of(new) == old
    assert comes_first(new, old)
    event = AuditEvent.objects.get(action="certificate.activated")
    assert event.sentence == f"test chose the certificate {new.thumbprint} to sign in with"
    activate_certificate(actor=SYSTEM, certificate=old)
    assert choose_certificate(registration.partner) == old, "back again"


def test_a_chosen_one_that_has_expired_gives_way() -> None:
    registration = make_app_registration()
    chosen = make_certificate(registration)
    activate_certificate(actor=SYSTEM, certificate=chosen)
    Certificate.objects.filter(pk=chosen.pk).update(not_after=timezone.now() - timedelta(days=1))
    assert choose_certificate(registration.partner) != chosen


@pytest.mark.parametrize("shift", [timedelta(days=-400), timedelta(days=400)])
def test_one_that_is_not_valid_now_cannot_be_chosen(shift: timedelta) -> None:
    certificate = make_certificate(make_app_registration(certificate=False))
    Certificate.objects.update(not_before=F("not_before") + shift, not_after=F("not_after") + shift)
    certificate.refresh_from_db()
    with pytest.raises(CertificateRefused, match="cannot sign in now"):
        activate_certificate(actor=SYSTEM, certificate=certificate)


def test_choosing_needs_the_right(technician: User, acting: Callable[[User], Actor]) -> None:
    certificate = make_certificate(make_app_registration(certificate=False))
    with pytest.raises(PermissionRefused):
        activate_certificate(actor=acting(technician), certificate=certificate)


def test_the_steps_follow_what_was_done() -> None:
    registration = make_app_registration(certificate=False)
    assert states(registration) == []
    old = make_certificate(registration, days=365)
    assert states(registration) == [], "nothing to replace"
    Certificate.objects.filter(pk=old.pk).update(not_after=timezone.now() + timedelta(days=20))
    assert states(registration) == ["next", "later", "later", "later", "later"]
    rotation = rotation_of(fresh(registration))
    assert rotation
    assert rotation.is_urgent
    new = make_certificate(registration, days=365)
    assert states(registration) == ["done", "next", "later", "later", "later"]
    Certificate.objects.filter(pk=new.pk).update(accepted_at=timezone.now())
    assert states(registration) == ["done", "done", "done", "next", "later"]
    activate_certificate(actor=SYSTEM, certificate=new)
    assert states(registration) == ["done", "done", "done", "done", "next"]
    old.delete()
    assert states(registration) == []
