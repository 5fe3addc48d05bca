import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.services import private_key_of
from tenants.partner.models import Partner, PartnerSignIn
from tenants.partner.services import refresh_token_of
from tests.factories import make_app_registration, make_certificate, make_partner

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ELLIPTIC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_for(key: Key, *, days: int = 365) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Uploaded")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
    return builder.sign(key, hashes.SHA256())


def pem_of(key: Key, certificate: x509.Certificate, password: bytes = b"") -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return (certificate.public_bytes(Encoding.PEM) + private).decode()


def pfx_of(key: Key, certificate: x509.Certificate, password: bytes) -> SimpleUploadedFile:
    content = pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, BestAvailableEncryption(password))
    return SimpleUploadedFile("certificate.pfx", content)


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


@pytest.fixture
def app_registration(db: None) -> AppRegistration:
    return make_app_registration(certificate=False)


@pytest.fixture
def path(app_registration: AppRegistration) -> str:
    return reverse("tenants:app-registration", args=[app_registration.pk])


class TestUpload:
    def test_a_pfx_with_its_password_is_stored(self, browser: Client, path: str) -> None:
        certificate = certificate_for(KEY)
        answer = browser.post(path, {"file": pfx_of(KEY, certificate, b"secret"), "password": "secret"}, follow=True)
        page = answer.content.decode()
        assert answer.redirect_chain == [(path, 303)]
        assert certificate.fingerprint(hashes.SHA1()).hex().upper() in page  # noqa: S303 - Entra names certificates by SHA-1
        assert certificate.fingerprint(hashes.SHA256()).hex().upper() in page
        assert private_key_of(Certificate.objects.get()).private_numbers() == KEY.private_numbers()

    def test_a_pem_is_stored_from_a_file_and_from_text(self, browser: Client, path: str) -> None:
        first, second = certificate_for(KEY), certificate_for(OTHER_KEY)
        browser.post(path, {"file": SimpleUploadedFile("pair.pem", pem_of(KEY, first).encode())})
        browser.post(path, {"pem": pem_of(OTHER_KEY, second, b"secret"), "password": "secret"})
        assert Certificate.objects.count() == 2

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({}, "Choose a PFX or PEM file, or paste a PEM."),
            ({"pem": "-----BEGIN nonsense"}, "The PEM file holds no certificate."),
            ({"pem": certificate_for(KEY).public_bytes(Encoding.PEM).decode()}, "The PEM file holds no private key."),
            ({"pem": pem_of(KEY, certificate_for(KEY), b"x")}, "is encrypted: type its password"),
            ({"pem": pem_of(KEY, certificate_for(KEY), b"x"), "password": "y"}, "the password is wrong"),
            ({"pem": pem_of(KEY, certificate_for(OTHER_KEY))}, "do not belong together"),
            ({"pem": pem_of(KEY, certificate_for(KEY, days=-1))}, "The certificate expired on"),
            (
                {"pem": pem_of(ELLIPTIC_KEY, certificate_for(ELLIPTIC_KEY))},
                "Entra accepts only RSA keys here.",
            ),
        ],
    )
    def test_a_refused_upload_says_what_to_do_at_the_form(
        self, browser: Client, path: str, data: dict[str, str], sentence: str
    ) -> None:
        answer = browser.post(path, data)
        form = answer.content.decode().split('id="add-certificate"')[1]
        assert answer.status_code == 422
        assert sentence in form
        assert not Certificate.objects.exists()

    def test_a_wrong_password_of_a_pfx_is_named(self, browser: Client, path: str) -> None:
        upload = pfx_of(KEY, certificate_for(KEY), b"secret")
        page = browser.post(path, {"file": upload, "password": "wrong"}).content.decode()
        assert "The password does not open this PFX file." in page

    def test_a_file_that_is_no_certificate_is_refused(self, browser: Client, path: str) -> None:
        page = browser.post(path, {"file": SimpleUploadedFile("x.pfx", b"MZ" * 50)}).content.decode()
        assert "This is not a PFX file." in page
        large = browser.post(path, {"file": SimpleUploadedFile("x.pfx", b"0" * 200_001)}).content.decode()
        assert "it is not a certificate" in large

    def test_file_and_text_together_are_refused(self, browser: Client, path: str) -> None:
        pem = pem_of(KEY, certificate_for(KEY))
        answer = browser.post(path, {"pem": pem, "file": SimpleUploadedFile("x.pem", pem.encode())})
        assert "not both" in answer.content.decode()

    def test_the_same_certificate_is_refused_twice(self, browser: Client, path: str) -> None:
        pem = pem_of(KEY, certificate_for(KEY))
        browser.post(path, {"pem": pem})
        assert "is stored already." in browser.post(path, {"pem": pem}).content.decode()

    def test_a_pasted_private_key_is_never_rendered_back(self, browser: Client, path: str) -> None:
        pem = pem_of(KEY, certificate_for(OTHER_KEY))
        page = browser.post(path, {"pem": pem, "password": "hunter2"}).content.decode()
        assert "PRIVATE KEY" not in page
        assert pem.splitlines()[-3] not in page
        assert "hunter2" not in page


class TestCertificates:
    def test_expired_expiring_and_valid_ones_are_told_apart(
        self, browser: Client, app_registration: AppRegistration
    ) -> None:
        for days in (59, 61):
            make_certificate(app_registration, days=days)
        expired = make_certificate(app_registration, days=100)
        Certificate.objects.filter(pk=expired.pk).update(not_after=datetime.now(UTC) - timedelta(days=1))
        page = browser.get(reverse("tenants:app-registrations")).content.decode()
        states = re.findall(r'<span class="state state-(\w+)">.*?</svg>([\w ]+)</span>', page, re.DOTALL)
        assert states == [("good", "60 days left"), ("partly", "58 days left"), ("bad", "Expired")]

    def test_the_public_certificate_can_be_downloaded_in_both_forms(
        self, browser: Client, app_registration: AppRegistration
    ) -> None:
        certificate = make_certificate(app_registration)
        der = browser.get(reverse("tenants:certificate-cer", args=[certificate.pk]))
        pem = browser.get(reverse("tenants:certificate-pem", args=[certificate.pk]))
        assert x509.load_der_x509_certificate(der.content).public_bytes(Encoding.PEM) == pem.content
        assert pem.content.decode() == certificate.certificate_pem
        assert b"PRIVATE" not in pem.content
        assert f'filename="signalbox-{certificate.thumbprint}.cer"' in der["Content-Disposition"]

    def test_removing_says_what_takes_over(self, browser: Client, app_registration: AppRegistration) -> None:
        first = make_certificate(app_registration)
        confirm = reverse("tenants:certificate-remove", args=[first.pk])
        assert "It is the only usable certificate" in browser.get(confirm).content.decode()
        second = make_certificate(app_registration)
        assert f"From now on {second.thumbprint[:8]}… is used" in browser.get(confirm).content.decode()
        standing_by = browser.get(reverse("tenants:certificate-remove", args=[second.pk])).content.decode()
        assert "It is the one in use" not in standing_by

    def test_removing_asks_first(self, browser: Client, app_registration: AppRegistration) -> None:
        certificate = make_certificate(app_registration)
        confirm = reverse("tenants:certificate-remove", args=[certificate.pk])
        assert "The certificate and its private key are destroyed here." in browser.get(confirm).content.decode()
        assert Certificate.objects.exists()
        answer = browser.post(confirm)
        assert answer["Location"] == reverse("tenants:app-registration", args=[app_registration.pk])
        assert not Certificate.objects.exists()

    def test_the_number_of_queries_does_not_grow(self, browser: Client) -> None:
        partner = make_partner()

        def queries(number: int) -> int:
            for _ in range(number):
                make_certificate(make_app_registration(partner))
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(reverse("tenants:app-registrations")).status_code == 200
            return len(captured)

        assert queries(1) == queries(3)


class TestPartner:
    def test_connecting_leads_to_the_app_registration_and_that_to_the_certificate(self, browser: Client) -> None:
        tenant_id, application_id = uuid4(), uuid4()
        answer = browser.post(
            reverse("tenants:partner-connect"),
            {
                "name": "Northwind",
                "tenant_id": tenant_id,
                "initial_domain": "northwind.onmicrosoft.us",
                "environment": "O365USGovDoD",
            },
        )
        assert Partner.objects.get(tenant_id=tenant_id).environment == "O365USGovDoD"
        add = reverse("tenants:app-registration-add", args=[Partner.objects.get(tenant_id=tenant_id).pk])
        assert answer["Location"] == add
        answer = browser.post(add, {"display_name": "Signalbox", "application_id": application_id})
        added = AppRegistration.objects.get(application_id=application_id)
        assert answer["Location"] == reverse("tenants:app-registration", args=[added.pk])

    @pytest.mark.parametrize("domain", ["northwind.com", "x", "a b.onmicrosoft.com"])
    def test_a_refused_partner_keeps_what_was_typed(self, browser: Client, domain: str) -> None:
        answer = browser.post(
            reverse("tenants:partner-connect"),
            {"name": "Northwind", "tenant_id": str(uuid4()), "initial_domain": domain, "environment": "O365Default"},
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="Northwind"' in page
        assert f'value="{domain}"' in page
        assert "for instance contoso.onmicrosoft.com" in page

    def test_a_closed_cloud_is_shown_and_refused_with_what_to_choose_instead(self, browser: Client) -> None:
        connect = reverse("tenants:partner-connect")
        assert "O365GermanyCloud" in browser.get(connect).content.decode()
        typed = {"name": "N", "tenant_id": str(uuid4()), "initial_domain": "northwind.onmicrosoft.de"}
        answer = browser.post(connect, {**typed, "environment": "O365GermanyCloud"})
        assert answer.status_code == 422
        assert "Microsoft closed this cloud in 2021" in answer.content.decode()
        assert not Partner.objects.filter(name="N").exists()

    def test_a_tenant_or_application_that_is_there_is_refused_at_its_field(
        self, browser: Client, app_registration: AppRegistration
    ) -> None:
        partner = app_registration.partner
        again = {"name": "X", "tenant_id": str(partner.tenant_id), "initial_domain": "x.onmicrosoft.com"}
        again |= {"environment": "O365Default"}
        assert "is connected already" in browser.post(reverse("tenants:partner-connect"), again).content.decode()
        again = {"display_name": "X", "application_id": str(app_registration.application_id)}
        add = reverse("tenants:app-registration-add", args=[partner.pk])
        assert "is already registered here" in browser.post(add, again).content.decode()

    def test_the_refresh_token_is_stored_and_never_shown(self, browser: Client) -> None:
        partner = make_partner()
        path = reverse("tenants:partner-sign-in", args=[partner.pk])
        data = {"user_principal_name": "svc@northwind.example", "refresh_token": "0.AX-very-secret"}
        assert browser.post(path, data).status_code == 303
        assert refresh_token_of(PartnerSignIn.objects.get()).reveal() == "0.AX-very-secret"
        for page in (path, reverse("tenants:app-registrations")):
            content = browser.get(page).content.decode()
            assert "svc@northwind.example" in content
            assert "very-secret" not in content
        assert "very-secret" not in str(list(AuditEvent.objects.values()))

    def test_a_refused_sign_in_does_not_echo_the_token(self, browser: Client) -> None:
        path = reverse("tenants:partner-sign-in", args=[make_partner().pk])
        answer = browser.post(path, {"user_principal_name": "nobody", "refresh_token": "0.AX-very-secret"})
        assert answer.status_code == 422
        assert "very-secret" not in answer.content.decode()


class TestTwoFilesAndSize:
    def test_certificate_and_key_are_stored_from_two_files(self, browser: Client, path: str) -> None:
        certificate = certificate_for(KEY)
        whole = pem_of(KEY, certificate)
        at = whole.index("-----BEGIN PRIVATE KEY")
        files = {
            "file": SimpleUploadedFile("c.pem", whole[:at].encode()),
            "key_file": SimpleUploadedFile("k.pem", whole[at:].encode()),
        }
        assert browser.post(path, files).status_code == 303
        assert private_key_of(Certificate.objects.get()).private_numbers() == KEY.private_numbers()

    @pytest.mark.parametrize(
        ("names", "sentence"),
        [
            (("file",), "The file is larger than 50,000 bytes"),
            (("key_file",), "Choose the certificate&#x27;s file, too"),
        ],
    )
    def test_five_megabytes_and_a_key_alone_are_refused(
        self, browser: Client, path: str, names: tuple[str, ...], sentence: str
    ) -> None:
        files = {name: SimpleUploadedFile("x.pfx", b"0" * 5_000_000) for name in names}
        answer = browser.post(path, files)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not Certificate.objects.exists()


class TestUse:
    def test_is_confirmed_and_then_signs_in(
        self, browser: Client, path: str, app_registration: AppRegistration
    ) -> None:
        make_certificate(app_registration, days=20)
        new = make_certificate(app_registration)
        use = reverse("tenants:certificate-use", args=[new.pk])
        assert "Entra may not know it yet" in browser.get(use).content.decode()
        page = browser.post(use, follow=True).content.decode()
        assert f"The certificate {new.thumbprint} signs in from now on." in page
        assert "Remove the old one" in page
        new.refresh_from_db()
        assert new.activated_at

    def test_of_one_that_has_expired_is_refused_in_words(
        self, browser: Client, app_registration: AppRegistration
    ) -> None:
        old = make_certificate(app_registration)
        Certificate.objects.update(not_after=datetime.now(UTC) - timedelta(days=1))
        answer = browser.post(reverse("tenants:certificate-use", args=[old.pk]))
        assert answer.status_code == 422
        assert "cannot sign in now" in answer.content.decode()

    def test_is_not_for_technicians(
        self, technician: User, signed_in: Callable[[User], Client], app_registration: AppRegistration
    ) -> None:
        certificate = make_certificate(app_registration)
        for name in ("certificate-use", "certificate-test", "certificate-remove"):
            answer = signed_in(technician).post(reverse(f"tenants:{name}", args=[certificate.pk]))
            assert answer.status_code == 403

    def test_the_list_can_be_narrowed_to_what_expires(self, browser: Client, app_registration: AppRegistration) -> None:
        make_certificate(app_registration, days=20)
        make_app_registration()
        listed = browser.get("/app-registrations/?expires_within=30").context["app_registrations"]
        assert listed == [app_registration]
        page = browser.get("/app-registrations/?expires_within=31&x=1").content.decode()
        assert "“31” was ignored" in page
        assert "“x” was ignored" in page
