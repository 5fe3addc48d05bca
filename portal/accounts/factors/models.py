"""Second factors: authenticator apps, passkeys, recovery codes, and the codes that allow to enrol one."""

from django.db import models
from django.db.models import Q

from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place


class FactorKind(models.TextChoices):
    """How a person proves to be there, besides the password."""

    APP = "app", "Authenticator app"
    PASSKEY = "passkey", "Passkey"


def place_of_seed(row: "Factor") -> Place:
    """Return what the seed of an authenticator app is bound to."""
    return {"table": "factor", "row": row.pk, "column": "sealed_seed", "purpose": "second factor"}


class Factor(models.Model):
    """One second factor of a person.

    An app has a sealed seed, and the last time step whose code was used, so that none is used twice. A passkey has what
    its authenticator told: `credential_id`, its public data and its counter.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=FactorKind.choices)
    name = models.CharField(max_length=100)
    sealed_seed = SealedField(place=place_of_seed, null=True)
    last_step = models.PositiveBigIntegerField(default=0)
    credential_id = models.CharField(max_length=500, null=True, unique=True)
    credential = models.TextField(blank=True)
    counter = models.PositiveBigIntegerField(default=0)
    added_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "factor"
        ordering = ["added_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="app", sealed_seed__isnull=False) | Q(kind="passkey", credential_id__isnull=False),
                name="factor_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} “{self.name}”"


class RecoveryCode(models.Model):
    """A code that stands in for a lost factor once; only its SHA-256 is kept, of 80 random bits."""

    person = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "recovery_code"

    def __str__(self) -> str:
        return f"Recovery code of {self.person}"


class EnrolmentCode(models.Model):
    """What an administrator hands to a person so that they may enrol a second factor: once, within a day."""

    person = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="enrolment_code")
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "enrolment_code"

    def __str__(self) -> str:
        return f"Enrolment code of {self.person}"
