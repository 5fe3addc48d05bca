"""Certificates are stored with a sealed key that nobody reads back without the encryption key."""

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from portal.core.secrets.envelope import data_keys
from portal.core.secrets.errors import SecretUnreadable
from tenants.app_registrations.material import CertificateMaterial, CertificateRefused
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.services import (
    AppRegistrationRefused,
    add_app_registration,
    add_certificate,
    private_key_of,
    remove_certificate,
)
from tenants.demo import self_signed_certificate
from tests.factories import SYSTEM, make_app_registration, make_partner

Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def material() -> CertificateMaterial:
    return self_signed_certificate()


@pytest.fixture
def app_registration() -> AppRegistration:
    return make_app_registration(certificate=False)


@pytest.fixture
def certificate(app_registration: AppRegistration, material: CertificateMaterial) -> Certificate:
    return add_certificate(actor=SYSTEM, app_registration=app_registration, material=material)


@contextmanager
def another_encryption_key(settings: Settings) -> Iterator[None]:
    before = settings.ENCRYPTION_KEY
    data_keys.forget()
    settings.ENCRYPTION_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
    yield
    settings.ENCRYPTION_KEY = before


class TestAddAppRegistration:
    def test_leaves_an_event(self) -> None:
        application_id = uuid4()
        add_app_registration(actor=SYSTEM, partner=make_partner(), display_name="Box", application_id=application_id)
        event = AuditEvent.objects.get(action="app_registration.added")
        assert (event.target_label, event.data["application_id"]) == ("Box", str(application_id))

    def test_refuses_an_application_that_is_there_already(self, app_registration: AppRegistration) -> None:
        with pytest.raises(AppRegistrationRefused, match="already registered"):
            add_app_registration(
                actor=SYSTEM,
                partner=make_partner(),
                display_name="Again",
                application_id=app_registration.application_id,
            )

    def test_needs_the_permission(self, technician: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused, match="app_registration:manage"):
            add_app_registration(
                actor=acting(technician), partner=make_partner(), display_name="Box", application_id=uuid4()
            )


class TestAddCertificate:
    def test_stores_what_entra_knows_it_by(self, certificate: Certificate, material: CertificateMaterial) -> None:
        stored = Certificate.objects.get()
        assert (stored.thumbprint, stored.not_after) == (material.thumbprint, material.not_after)
        assert stored.certificate_pem == material.certificate_pem()
        assert stored.added_by == SYSTEM.label

    def test_leaves_an_event_without_the_key(self, certificate: Certificate) -> None:
        event = AuditEvent.objects.get(action="certificate.added")
        assert event.target_label == certificate.thumbprint
        assert "PRIVATE" not in str(event.data)

    def test_twice_is_refused(self, certificate: Certificate, material: CertificateMaterial) -> None:
        with pytest.raises(CertificateRefused, match="stored already"):
            add_certificate(actor=SYSTEM, app_registration=certificate.app_registration, material=material)

    def test_needs_the_permission(
        self, app_registration: AppRegistration, material: CertificateMaterial, technician: User, acting: Acting
    ) -> None:
        with pytest.raises(PermissionRefused):
            add_certificate(actor=acting(technician), app_registration=app_registration, material=material)
        assert not Certificate.objects.exists()


class TestPrivateKey:
    def test_opens_again(self, certificate: Certificate, material: CertificateMaterial) -> None:
        stored = Certificate.objects.get()
        assert private_key_of(stored).private_numbers() == material.private_key.private_numbers()

    def test_is_nowhere_in_the_database_row(self, certificate: Certificate, material: CertificateMaterial) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM certificate")
            row = b"".join(bytes(v) if isinstance(v, memoryview) else str(v).encode() for v in cursor.fetchone())
        numbers = material.private_key.private_numbers()
        for part in (numbers.d, numbers.p, numbers.q):
            content = part.to_bytes((part.bit_length() + 7) // 8, "big")
            assert content not in row
            assert content.hex().encode() not in row.lower()
        pem = material.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        assert pem.splitlines()[5] not in row

    def test_does_not_open_under_another_encryption_key(self, certificate: Certificate, settings: Settings) -> None:
        with another_encryption_key(settings), pytest.raises(SecretUnreadable):
            private_key_of(certificate)
        assert private_key_of(certificate)

    def test_does_not_open_in_another_row(self, certificate: Certificate) -> None:
        copied = Certificate(pk=uuid4(), sealed_private_key=certificate.sealed_private_key)
        with pytest.raises(SecretUnreadable):
            private_key_of(copied)


class TestRemoveCertificate:
    def test_deletes_the_key_and_keeps_the_event(self, certificate: Certificate) -> None:
        thumbprint = certificate.thumbprint
        remove_certificate(actor=SYSTEM, certificate=certificate)
        assert not Certificate.objects.exists()
        assert AuditEvent.objects.get(action="certificate.removed").target_label == thumbprint

    def test_needs_the_permission(self, certificate: Certificate, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused):
            remove_certificate(actor=acting(auditor), certificate=certificate)
        assert Certificate.objects.exists()


def test_a_certificate_says_when_it_ends() -> None:
    now = timezone.now()
    ends = {"expired": timedelta(seconds=-1), "soon": timedelta(days=59), "later": timedelta(days=61)}
    found = {name: Certificate(not_after=now + end) for name, end in ends.items()}
    assert {name for name, c in found.items() if c.is_expired} == {"expired"}
    assert {name for name, c in found.items() if c.expires_soon} == {"soon"}
