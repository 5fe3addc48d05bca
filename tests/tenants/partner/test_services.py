"""The partner's own tenant and its one delegated sign-in."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.partner.models import Partner, PartnerSignIn
from tenants.partner.services import PartnerRefused, connect_partner, refresh_token_of, store_partner_sign_in
from tests.factories import SYSTEM, make_partner

Acting = Callable[[User], Actor]
TOKEN = "0.AXsecretrefreshtoken"
pytestmark = pytest.mark.django_db


def store(partner: Partner, token: str = TOKEN, actor: Actor = SYSTEM) -> None:
    store_partner_sign_in(actor=actor, partner=partner, user_principal_name="svc@partner.example", refresh_token=token)


class TestConnect:
    def test_leaves_an_event(self) -> None:
        tenant_id = uuid4()
        connect_partner(actor=SYSTEM, name="Contoso", tenant_id=tenant_id, initial_domain="c.onmicrosoft.com")
        event = AuditEvent.objects.get()
        told = {"tenant_id": str(tenant_id), "environment": "O365Default"}
        assert (event.action, event.data) == ("partner.connected", told)

    def test_twice_is_refused(self) -> None:
        with pytest.raises(PartnerRefused, match="connected already"):
            connect_partner(actor=SYSTEM, name="X", tenant_id=make_partner().tenant_id, initial_domain="x")

    def test_needs_the_permission(self, technician: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused):
            connect_partner(actor=acting(technician), name="X", tenant_id=uuid4(), initial_domain="x")


class TestSignIn:
    def test_opens_again_and_is_sealed_in_the_database(self) -> None:
        partner = make_partner()
        store(partner, f"  {TOKEN}\n")
        assert refresh_token_of(PartnerSignIn.objects.get()).reveal() == TOKEN
        with connection.cursor() as cursor:
            cursor.execute("SELECT sealed_refresh_token FROM partner_sign_in")
            assert TOKEN.encode() not in bytes(cursor.fetchone()[0])

    def test_replaces_an_earlier_one(self) -> None:
        partner = make_partner()
        store(partner)
        store(partner, "another")
        assert refresh_token_of(PartnerSignIn.objects.get()).reveal() == "another"

    def test_leaves_an_event_without_the_token(self) -> None:
        store(make_partner())
        event = AuditEvent.objects.get()
        assert (event.action, event.data) == (
            "partner_sign_in.stored",
            {"user_principal_name": "svc@partner.example"},
        )

    def test_refuses_an_empty_token(self) -> None:
        with pytest.raises(PartnerRefused, match="empty"):
            store(make_partner(), "  ")

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused):
            store(make_partner(), actor=acting(auditor))
        assert not PartnerSignIn.objects.exists()
