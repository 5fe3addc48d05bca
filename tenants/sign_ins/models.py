"""Sign-ins of technicians as themselves, and those under way."""

from django.db import models

from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place
from tenants.sign_ins.querysets import PendingSignInQuerySet, PersonalSignInQuerySet


def place_of_refresh_token(sign_in: "PersonalSignIn") -> Place:
    """Return what a refresh token is bound to; the next sign-in is another row."""
    row, tenant = sign_in.pk, sign_in.tenant_id
    return {"table": "personal_sign_in", "row": row, "column": "sealed_refresh_token", "organization": tenant}


def place_of_flow(pending: "PendingSignIn") -> Place:
    """Return what a sign-in under way is bound to."""
    return {
        "table": "pending_sign_in",
        "row": pending.pk,
        "column": "sealed_flow",
        "purpose": "sign-in under way",
        "organization": pending.tenant_id,
    }


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
    tenant_name = models.CharField(max_length=300, default="")
    application_id = models.UUIDField()
    is_public_client = models.BooleanField()
    user_principal_name = models.CharField(max_length=320)
    signed_in_with_mfa = models.BooleanField()
    sealed_refresh_token = SealedField(place=place_of_refresh_token)
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


class PendingSignIn(models.Model):
    """A sign-in at Microsoft that a person has begun and not finished: at most one per person.

    `session` is the hash of the portal's session in which it must be finished. `flow` is what msal needs to finish it:
    it holds the proof key, the nonce or the device code, and is sealed. `partner_id` alone is set for the partner's
    service account; otherwise `profile_id` and, for an account of the organization itself, `organization_id`.
    `asked_at` is when Microsoft was asked: once for an interactive sign-in, every `ask_every` seconds for a device
    code. `back` is the local address to return to.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.CharField(max_length=64, unique=True)
    session = models.CharField(max_length=64)
    method = models.CharField(max_length=40)
    profile_id = models.UUIDField(null=True)
    organization_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    tenant_id = models.UUIDField()
    tenant_name = models.CharField(max_length=300)
    sealed_flow = SealedField(place=place_of_flow)
    back = models.CharField(max_length=2000, blank=True)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ask_every = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)

    objects = PendingSignInQuerySet.as_manager()

    class Meta:
        db_table = "pending_sign_in"
        indexes = [models.Index(fields=["session"], name="pending_sign_in_of_session")]

    def __str__(self) -> str:
        return f"{self.method} at {self.tenant_name}"
