"""The partner: the MSP's own tenant."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place
from tenants.microsoft.environments import ENVIRONMENTS

SIGN_IN_LASTS = timedelta(days=90)
SIGN_IN_IS_OLD = timedelta(days=60)


class Partner(models.Model):
    """The MSP's own tenant; there may be several.

    Only with `is_target` may cmdlets be run in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=300)
    tenant_id = models.UUIDField(unique=True)
    initial_domain = models.CharField(max_length=253)
    environment = models.CharField(max_length=30, default="O365Default")
    allows_passwords = models.BooleanField("may connect with user name and password", default=False)
    is_target = models.BooleanField("its own organization is a target", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "partner"

    def __str__(self) -> str:
        return self.name

    @property
    def has_gdap(self) -> bool:
        """Whether delegated administration, and with it lists of customers, exist in its cloud."""
        return ENVIRONMENTS[self.environment].has_gdap


def place_of_refresh_token(sign_in: "PartnerSignIn") -> Place:
    """Return what the refresh token of a partner's sign-in is bound to: also to when it was obtained."""
    return {
        "table": "partner_sign_in",
        "row": sign_in.partner_id,
        "column": "sealed_refresh_token",
        "organization": sign_in.partner.tenant_id,
        "version": sign_in.obtained_at.isoformat(),
    }


class PartnerSignIn(models.Model):
    """The partner's one delegated sign-in, whose refresh token is redeemed at each customer's authority."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="sign_in")
    user_principal_name = models.CharField(max_length=320)
    sealed_refresh_token = SealedField(place=place_of_refresh_token)
    obtained_at = models.DateTimeField()

    class Meta:
        db_table = "partner_sign_in"

    def __str__(self) -> str:
        return self.user_principal_name

    @property
    def ends_at(self) -> datetime:
        """When Microsoft ends it, unless something else does before (exchange-protocol.md 2.4)."""
        return self.obtained_at + SIGN_IN_LASTS

    @property
    def is_old(self) -> bool:
        """Whether it is time to sign in anew: two thirds of its time are over."""
        return timezone.now() - self.obtained_at > SIGN_IN_IS_OLD
