"""Asking Entra about a certificate, before anything depends on it."""

import pytest

from portal.audit.models import AuditEvent
from tenants.app_registrations.models import Certificate
from tenants.demo import register_certificate
from tenants.partner.models import Partner
from tenants.profiles.proving import prove_certificate
from tests.factories import SYSTEM, make_certificate
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_that_entra_does_not_know_is_told_apart_from_one_that_it_takes(sandbox: Sandbox, partner: Partner) -> None:
    registration = partner.app_registrations.get()
    made = make_certificate(registration)
    certificate = Certificate.objects.select_related("app_registration__partner").get(pk=made.pk)
    before = prove_certificate(actor=SYSTEM, certificate=certificate)
    assert (before.accepted, "AADSTS700027" in before.sentence) == (False, True)
    assert ".cer" in before.fix
    assert Certificate.objects.filter(accepted_at=None, pk=made.pk).exists()
    register_certificate(sandbox.url, registration.application_id, certificate.certificate_pem)
    after = prove_certificate(actor=SYSTEM, certificate=certificate)
    assert after.accepted is True
    assert Certificate.objects.get(pk=made.pk).accepted_at
    events = AuditEvent.objects.filter(action="certificate.tested").order_by("pk")
    assert [event.data["outcome"] for event in events] == ["not accepted", "accepted"]


def test_what_says_nothing_about_the_certificate_stores_nothing(sandbox: Sandbox, partner: Partner) -> None:
    sandbox.control("POST", "faults", json={"match": {"service": "login"}, "action": {"type": "status", "code": 503}})
    certificate = Certificate.objects.select_related("app_registration__partner").get()
    proof = prove_certificate(actor=SYSTEM, certificate=certificate)
    assert proof.accepted is None
    assert "nothing is known of the certificate" in proof.sentence
    assert not AuditEvent.objects.filter(action="certificate.tested").exists()
