"""Reading the partner's organizations from the simulated cloud, again and again."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.microsoft.http import ThreadTransport
from tenants.organizations.models import Organization
from tenants.partner.models import Partner, PartnerSignIn
from tenants.partner.services import store_partner_sign_in
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship, ResellerRelationship
from tenants.sync.models import Synchronization, SynchronizationState
from tenants.sync.reading import LOOK_UPS_PER_REPORT
from tenants.sync.services import start_synchronization, sweep_synchronizations, synchronize
from tests.factories import SYSTEM, make_app_registration, make_organizations, make_partner
from tests.live import Sandbox

RUNNING, FAILED = SynchronizationState.RUNNING, SynchronizationState.FAILED


def read(partner: Partner) -> Synchronization:
    synchronization = start_synchronization(actor=SYSTEM, partner=partner)
    synchronize(synchronization_id=synchronization.pk)
    synchronization.refresh_from_db()
    return synchronization


def events_about_organizations() -> Counter[str]:
    found = AuditEvent.objects.filter(target_kind="organization")
    return Counter(found.values_list("action", flat=True))


@pytest.mark.django_db(transaction=True)
class TestAgainstTheCloud:
    def test_first_unchanged_vanished_and_returned(self, sandbox: Sandbox, partner: Partner) -> None:
        everywhere = sandbox.control("GET", "organizations")
        listed = {o["tenant_id"]: o for o in everywhere if o["cloud"] == partner.environment}
        first = read(partner)
        assert (first.state, first.error) == ("succeeded", "")
        assert first.added == first.total == first.done == Organization.objects.count() == len(listed)
        for organization in Organization.objects.all():
            told = listed[str(organization.tenant_id)]
            assert organization.name == told["name"]
            # A customer that Partner Center does not list and that lets nobody in tells its domain to no one.
            assert organization.initial_domain in {told["initial_domain"], ""}
        assert Organization.objects.exclude(initial_domain="").count() >= 0.9 * len(listed)
        assert events_about_organizations() == {"organization.added": len(listed)}
        assert set(Organization.objects.values_list("relationship_state", flat=True)) >= {"active"}
        kept = [model.objects.count() for model in (DelegatedAdminRelationship, AccessAssignment, ResellerRelationship)]
        assert all(kept)

        again = read(partner)
        assert (again.added, again.vanished, again.total) == (0, 0, len(listed))
        assert events_about_organizations() == {"organization.added": len(listed)}
        assert kept == [
            model.objects.count() for model in (DelegatedAdminRelationship, AccessAssignment, ResellerRelationship)
        ]

        gone = next(iter(listed))
        sandbox.control("DELETE", f"organizations/{gone}")
        assert read(partner).vanished == 1
        vanished = Organization.objects.get(tenant_id=gone)
        assert vanished.vanished_at
        assert not Organization.objects.served().filter(pk=vanished.pk).exists()
        assert read(partner).vanished == 0, "it vanishes once"

        sandbox.control("POST", "reset")
        store_partner_sign_in(
            actor=SYSTEM,
            partner=partner,
            user_principal_name="svc",
            refresh_token=sandbox.control("GET", "state")["partner"]["refresh_token"],
        )
        returned = read(partner)
        assert (returned.added, returned.vanished) == (0, 0)
        assert Organization.objects.get(tenant_id=gone).vanished_at is None
        assert Organization.objects.get(tenant_id=gone).pk == vanished.pk
        assert events_about_organizations() == {
            "organization.added": len(listed),
            "organization.vanished": 1,
            "organization.returned": 1,
            "relationship.changed": 4,  # its two relationships went and came
        }
        assert AuditEvent.objects.filter(action="synchronization.finished").count() == 5

    def test_no_database_connection_is_held_during_any_call_to_microsoft(
        self, partner: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_organizations(1, partner=partner, is_added_by_hand=True)
        synchronization = start_synchronization(actor=SYSTEM, partner=partner)
        asked: list[str] = []
        held: list[str] = []
        send, handle = ThreadTransport.send, ThreadTransport.handle_request

        def work() -> None:
            ours = connections["default"]  # cloud look-ups are sent by threads of their own

            def note(url: str) -> None:
                asked.append(urlsplit(url).path)
                held.extend([url] if ours.connection is not None else [])

            def sending(transport: ThreadTransport, method: str, url: str, *others: Any, **more: Any) -> Any:
                note(url)
                return send(transport, method, url, *others, **more)

            def handling(transport: ThreadTransport, request: httpx.Request) -> httpx.Response:
                note(str(request.url))
                return handle(transport, request)

            monkeypatch.setattr(ThreadTransport, "send", sending)
            monkeypatch.setattr(ThreadTransport, "handle_request", handling)
            synchronize(synchronization_id=synchronization.pk)
            ours.close()

        worker = Thread(target=work)
        worker.start()
        worker.join()
        synchronization.refresh_from_db()
        assert (synchronization.state, synchronization.error) == ("succeeded", "")
        assert len([path for path in asked if path.endswith("/openid-configuration")]) > LOOK_UPS_PER_REPORT
        assert any(path.endswith("/token") for path in asked)
        assert held == []

    def test_a_refused_sign_in_ends_as_failed_and_says_what_to_do(self, sandbox: Sandbox, partner: Partner) -> None:
        store_partner_sign_in(actor=SYSTEM, partner=partner, user_principal_name="svc", refresh_token="forged")
        synchronization = read(partner)
        assert synchronization.state == FAILED
        assert synchronization.finished_at
        assert "AADSTS" in synchronization.error
        assert ". " in synchronization.error, "title and fix before Microsoft's text"
        assert not Organization.objects.exists()
        assert AuditEvent.objects.get(action="synchronization.failed").data["error"] == synchronization.error

    def test_a_failing_graph_ends_as_failed_and_keeps_what_was_known(self, sandbox: Sandbox, partner: Partner) -> None:
        sandbox.control(
            "POST", "faults", json={"match": {"service": "graph"}, "action": {"type": "status", "code": 403}}
        )
        organization = Organization.objects.create(
            partner=partner, tenant_id=partner.pk, name="Kept", initial_domain="k", default_domain="k"
        )
        synchronization = read(partner)
        assert (synchronization.state, "403" in synchronization.error) == (FAILED, True)
        organization.refresh_from_db()
        assert organization.vanished_at is None


@pytest.mark.django_db
class TestStart:
    def test_twice_is_one(self) -> None:
        partner = make_partner()
        first = start_synchronization(actor=SYSTEM, partner=partner)
        assert start_synchronization(actor=SYSTEM, partner=partner).pk == first.pk
        assert AuditEvent.objects.filter(action="synchronization.started").count() == 1

    def test_of_another_partner_is_another(self) -> None:
        first = start_synchronization(actor=SYSTEM, partner=make_partner())
        assert start_synchronization(actor=SYSTEM, partner=make_partner()).pk != first.pk

    def test_needs_the_permission(self, technician: User, acting: Callable[[User], Actor]) -> None:
        with pytest.raises(PermissionRefused, match="partner:synchronize"):
            start_synchronization(actor=acting(technician), partner=make_partner())


@pytest.mark.django_db
class TestFailures:
    def test_without_a_partner_sign_in_it_says_where_to_store_one(self) -> None:
        synchronization = read(make_app_registration().partner)
        assert (synchronization.state, "no partner sign-in yet" in synchronization.error) == (FAILED, True)

    def test_a_sign_in_under_another_encryption_key_ends_at_once(self) -> None:
        partner = make_app_registration().partner
        store_partner_sign_in(actor=SYSTEM, partner=partner, user_principal_name="svc", refresh_token="token")
        PartnerSignIn.objects.update(sealed_refresh_token=b"\x01" + bytes(60))
        synchronization = read(partner)
        assert (synchronization.state, "cannot be opened" in synchronization.error) == (FAILED, True)

    def test_one_that_another_worker_began_is_left_alone(self) -> None:
        synchronization = start_synchronization(actor=SYSTEM, partner=make_partner())
        Synchronization.objects.update(state=RUNNING)
        synchronize(synchronization_id=synchronization.pk)
        synchronization.refresh_from_db()
        assert (synchronization.state, synchronization.started_at) == (RUNNING, None)


@pytest.mark.django_db
class TestSweep:
    def test_ends_one_whose_worker_was_lost(self) -> None:
        synchronization = start_synchronization(actor=SYSTEM, partner=make_partner())
        Synchronization.objects.update(state=RUNNING, started_at=timezone.now() - timedelta(minutes=16))
        sweep_synchronizations()
        synchronization.refresh_from_db()
        assert (synchronization.state, "worker was lost" in synchronization.error) == (FAILED, True)
        assert AuditEvent.objects.filter(action="synchronization.failed").count() == 1
        assert start_synchronization(actor=SYSTEM, partner=synchronization.partner).pk != synchronization.pk

    def test_leaves_one_that_goes_on_alone(self) -> None:
        synchronization = start_synchronization(actor=SYSTEM, partner=make_partner())
        Synchronization.objects.update(state=RUNNING, started_at=timezone.now() - timedelta(minutes=14))
        sweep_synchronizations()
        synchronization.refresh_from_db()
        assert synchronization.state == RUNNING

    @pytest.mark.parametrize(("age", "rings"), [(timedelta(seconds=10), 0), (timedelta(minutes=1), 1)])
    def test_rings_again_for_one_that_nobody_began(
        self, age: timedelta, rings: int, django_capture_on_commit_callbacks: Callable[..., object]
    ) -> None:
        start_synchronization(actor=SYSTEM, partner=make_partner())
        Synchronization.objects.update(requested_at=timezone.now() - age)
        with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[attr-defined]  # a context manager
            sweep_synchronizations()
        assert len(callbacks) == rings
