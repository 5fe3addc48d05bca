"""The applications that tokens are asked for with, parsed once per process."""

from functools import lru_cache
from uuid import UUID

from tenants.app_registrations.models import Certificate
from tenants.app_registrations.services import private_key_of
from tenants.tokens import applications


@lru_cache(maxsize=64)
def application_with(certificate_id: UUID) -> applications.Application:
    """Return the application of a certificate, with its private key opened."""
    certificate = Certificate.objects.select_related("app_registration").get(pk=certificate_id)
    material = applications.Certificate(
        private_key_of(certificate), certificate.certificate_pem, certificate.thumbprint_sha256.lower()
    )
    return applications.Application(str(certificate.app_registration.application_id), material)
