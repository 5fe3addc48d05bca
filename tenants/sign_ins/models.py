"""Sign-ins of technicians as themselves."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.sign_ins.querysets import PersonalSignInQuerySet


class PersonalSignIn(models.Model):
    """A technician's own Microsoft account, signed in for as long as he is signed in here.

    `tenant_id` is where he signed in: his home tenant, or the organization itself. `session` is the hash of the
    portal's session: when that ends, the row is deleted and the refresh token with it. `application_id` is the client
    that the refresh token was issued to; `is_public_client` says that it signs in without a certificate.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.CharField(max_length=64)
    session = models.CharField(max_length=64)
    method = models.CharField(max_length=40)
    environment = models.CharField(max_length=30)
    tenant_id = models.UUIDField()
    application_id = models.UUIDField()
    is_public_client = models.BooleanField()
    user_principal_name = models.CharField(max_length=320)
    signed_in_with_mfa = models.BooleanField()
    sealed_refresh_token = models.BinaryField()
    signed_in_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = PersonalSignInQuerySet.as_manager()

    class Meta:
        db_table = "personal_sign_in"
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "environment", "tenant_id"], name="personal_sign_in_once_per_tenant"
            )
        ]
        indexes = [models.Index(fields=["session"], name="personal_sign_in_of_session")]

    def __str__(self) -> str:
        return self.user_principal_name
