"""A person's own account is used for his own runs only, and for nothing after he signed out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs.connection_tests.services import launch_connection_test
from jobs.dispatch import conversation, entrance
from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRefused, RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.core.actors import Actor, Source
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import allow_passwords
from tenants.sign_ins.models import PersonalSignIn
from tenants.sign_ins.services import end_session, end_sign_in
from tests.connections.conftest import Cloud
from tests.connections.ways import WORLDWIDE, Way
from tests.factories import (
    SYSTEM,
    assign,
    make_app_registration,
    make_organizations,
    make_partner,
    make_person,
    make_profile,
    make_sign_in,
)
from tests.live import Processes, settle, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
GDAP = Way(Method.INTERACTIVE, "exo", WORLDWIDE, Delegation.GDAP)
READ = "Get-AcceptedDomain"


@pytest.fixture
def cloud(cloud_of: Callable[[Way], Cloud]) -> Cloud:
    return cloud_of(GDAP)


@pytest.fixture
def own(cloud: Cloud) -> ConnectionProfile:
    return make_profile(cloud.partner, name="Own account", method=Method.INTERACTIVE, delegation=Delegation.GDAP)


def run_in(cloud: Cloud, profile: ConnectionProfile, number: int, *, actor: Actor | None = None) -> Run:
    """Launch a read in so many healthy organizations."""
    have = set(cloud.partner.organizations.values_list("tenant_id", flat=True))
    listed = cloud.sandbox.control("GET", "organizations")
    healthy = [o for o in listed if o["cloud"] == WORLDWIDE and o["trouble"] is None and o["relationship"] == "active"]
    for told in healthy[:number]:
        if told["tenant_id"] not in map(str, have):
            make_organizations(
                1,
                partner=cloud.partner,
                tenant_id=told["tenant_id"],
                name=told["name"],
                initial_domain=told["initial_domain"],
            )
    ids = [o.pk for o in cloud.partner.organizations.filter(tenant_id__in=[o["tenant_id"] for o in healthy[:number]])]
    actor = actor or cloud.actor
    request = RunRequest(READ, {}, Selection(organization_ids=ids), profile_id=profile.pk)
    return launch_run(actor=actor, run_id=draft_run(actor=actor, request=request).pk)


def states(run: Run) -> dict[tuple[str, str], int]:
    """How many targets ended how, and why."""
    counted: dict[tuple[str, str], int] = {}
    for key in run.targets.values_list("state", "error_class"):
        counted[key] = counted.get(key, 0) + 1
    return counted


def succeeded(run: Run) -> set[str]:
    done = run.targets.filter(state=TargetState.SUCCEEDED)
    return {str(tenant_id) for tenant_id in done.values_list("organization__tenant_id", flat=True)}


def asked(cloud: Cloud) -> set[str]:
    """The organizations to which a cmdlet was sent."""
    return {entry["tenant"] for entry in cloud.sandbox.control("GET", f"ledger?cmdlet={READ}")}


def test_after_signing_out_in_mid_run_no_further_cmdlet_starts_with_the_account(
    cloud: Cloud, own: ConnectionProfile
) -> None:
    cloud.sign_in(own, cloud.account("tess", cloud.partner.tenant_id))
    run = run_in(cloud, own, 6)
    start_run(run_id=run.pk)
    for _ in range(2):
        attempt_next()
    settle()
    end_session(actor=cloud.actor, session=cloud.session.hash, reason="signed out of Signalbox")
    for _ in range(4):
        attempt_next()
    settle()
    assert states(run)[(TargetState.ERRORED, "sign_in_ended")] == 4
    assert asked(cloud) == succeeded(run)
    places = Organization.objects.filter(run_targets__run=run)
    assert {place.reachability for place in places} == {"untried"}, "a person's account tells nothing about them"


def test_a_connection_that_is_open_already_sends_nothing_after_the_sign_out(
    cloud: Cloud, own: ConnectionProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account signs out between the moment when the worker found it and the moment when it asks for a token."""
    cloud.sign_in(own, cloud.account("tess", cloud.partner.tenant_id))
    run = run_in(cloud, own, 1)
    start_run(run_id=run.pk)
    connection = entrance.connection

    def sign_out_first(*args: Any) -> Any:
        end_sign_in(actor=cloud.actor, sign_in_id=PersonalSignIn.objects.get().pk)
        return connection(*args)

    monkeypatch.setattr(conversation, "connection", sign_out_first)
    attempt_next()
    settle()
    assert states(run) == {(TargetState.ERRORED, "sign_in_ended"): 1}
    assert cloud.sandbox.executions(READ) == []


def test_a_connection_test_of_all_goes_on_where_one_is_not_signed_in(cloud: Cloud, own: ConnectionProfile) -> None:
    apart, other = make_organizations(2, partner=cloud.partner)
    assign(own, organization=apart)

    def tested(*places: Organization) -> Run:
        selection = Selection(organization_ids=[place.pk for place in places])
        return launch_connection_test(actor=cloud.actor, selection=selection, service="exo")[0]

    with pytest.raises(RunRefused, match="Sign in under Connections"):
        tested(apart)
    run = tested(apart, other)
    start_run(run_id=run.pk)
    run.targets.exclude(organization=apart).update(not_before=timezone.now() + timedelta(hours=1))
    attempt_next()
    settle()
    target = run.targets.get(organization=apart)
    assert (target.state, target.error_class) == (TargetState.ERRORED, "sign_in_ended")
    apart.refresh_from_db()
    assert apart.reachability == "untried"
    assert not target.attempts.filter(connection__isnull=False).exists(), "nothing was opened, so nothing is listed"


@pytest.mark.faults
def test_a_real_worker_stops_using_the_account_in_mid_run(
    cloud: Cloud, own: ConnectionProfile, processes: Processes
) -> None:
    cloud.sign_in(own, cloud.account("tess", cloud.partner.tenant_id))
    run = run_in(cloud, own, 20)
    cloud.sandbox.control("POST", "latency", json={"ms": 150})
    processes.worker(WORKER_THREADS="1")
    wait_for(lambda: run.targets.filter(state=TargetState.SUCCEEDED).count() >= 2, what="two organizations")
    sign_in = PersonalSignIn.objects.get()
    end_sign_in(actor=cloud.actor, sign_in_id=sign_in.pk)
    wait_for(lambda: Run.objects.get(pk=run.pk).finished_at is not None, what="the end of the run")
    found = states(run)
    never_asked = found[(TargetState.ERRORED, "sign_in_ended")]
    assert never_asked > 0
    assert sum(found.values()) == 20
    assert asked(cloud) == succeeded(run)


def test_each_persons_run_goes_with_his_own_account(cloud: Cloud, own: ConnectionProfile, carry_out: Any) -> None:
    tess, noor = (cloud.account(name, cloud.partner.tenant_id) for name in ("tess", "noor"))
    cloud.sign_in(own, tess)
    other = Cloud(
        cloud.sandbox,
        make_person().as_actor(Source.WEB),
        cloud.partner,
        cloud.organization,
        type(cloud.clicker)(cloud.sandbox),  # type: ignore[arg-type]  # the same parts under another type
    )
    with other.clicker:
        other.sign_in(own, noor)
    carry_out(run_in(cloud, own, 1))
    carry_out(run_in(cloud, own, 1, actor=other.actor))
    assert [entry["object_id"] for entry in cloud.sandbox.executions(READ)] == [tess["object_id"], noor["object_id"]]


def test_a_run_of_somebody_who_is_not_signed_in_borrows_nobodys_account(
    cloud: Cloud, own: ConnectionProfile, carry_out: Any
) -> None:
    cloud.sign_in(own, cloud.account("tess", cloud.partner.tenant_id))
    other = make_person()
    with pytest.raises(RunRefused, match="you are not signed in with it at"):
        run_in(cloud, own, 1, actor=other.as_actor(Source.WEB))
    run = Run.objects.get()  # as if it had been launched and his sign-in had ended since
    Run.objects.filter(pk=run.pk).update(requested_by_id=cloud.actor.id)
    launch_run(actor=cloud.actor, run_id=run.pk)
    Run.objects.filter(pk=run.pk).update(requested_by_id=str(other.pk))
    carry_out(run)
    assert states(run) == {(TargetState.ERRORED, "sign_in_ended"): 1}
    assert cloud.sandbox.executions(READ) == []


def test_passwords_that_were_forbidden_since_are_used_no_more(cloud: Cloud, carry_out: Any) -> None:
    profile = make_profile(cloud.partner, method=Method.CREDENTIAL, delegation=Delegation.GDAP)
    cloud.sign_in(profile, cloud.account("noor", cloud.partner.tenant_id))
    run = run_in(cloud, profile, 1)
    allow_passwords(actor=SYSTEM, partner=cloud.partner, allowed=False)
    carry_out(run)
    assert states(run) == {(TargetState.ERRORED, "sign_in_ended"): 1}
    assert cloud.sandbox.executions(READ) == []


class TestReview:
    """The review offers the sign-in, and leads back."""

    @pytest.fixture
    def partner(self, db: None) -> Partner:
        return make_partner()

    def draft(self, technician: User, partner: Partner, number: int, **values: Any) -> Run:
        profile = make_profile(partner, name="Own account", method=Method.INTERACTIVE, **values)
        organizations = make_organizations(number, partner=partner)
        selection = Selection(organization_ids=[o.pk for o in organizations])
        make_app_registration(partner)
        request = RunRequest(READ, {}, selection, profile_id=profile.pk)
        return draft_run(actor=technician.as_actor(Source.WEB), request=request)

    def test_before_the_launch(self, technician: User, signed_in: Any, partner: Partner) -> None:
        run = self.draft(technician, partner, 3, delegation=Delegation.GDAP)
        browser: Client = signed_in(technician)
        page = browser.get(reverse("jobs:review", args=[run.pk])).content.decode()
        begin = reverse("tenants:sign-in-begin", args=[ConnectionProfile.objects.get(name="Own account").pk])
        assert f"{begin}?next=/runs/{run.pk}/review/" in page
        assert f"needs you at {partner.name}, for 3 organizations" in page
        assert '<button type="submit" disabled' in page
        answer = browser.post(reverse("jobs:run-launch", args=[run.pk]))
        assert answer.status_code == 409
        assert "you are not signed in" in answer.content.decode()

    def test_no_more_once_signed_in(self, technician: User, signed_in: Any, partner: Partner) -> None:
        run = self.draft(technician, partner, 3, delegation=Delegation.GDAP)
        make_sign_in(technician, partner)
        browser: Client = signed_in(technician)
        assert "Sign in with your own" not in browser.get(reverse("jobs:review", args=[run.pk])).content.decode()
        browser.post(reverse("jobs:run-launch", args=[run.pk]))
        assert Run.objects.get(pk=run.pk).state == RunState.QUEUED

    def test_at_each_organization_where_the_account_is_its_own(
        self, technician: User, signed_in: Any, partner: Partner
    ) -> None:
        run = self.draft(technician, partner, 2)
        first, second = partner.organizations.order_by("name")
        make_sign_in(technician, first)
        make_sign_in(technician, second, ends_at=timezone.now())
        page = signed_in(technician).get(reverse("jobs:review", args=[run.pk])).content.decode()
        offered = f"?next=/runs/{run.pk}/review/&amp;organization="
        assert f"{offered}{first.pk}" not in page
        assert f"{offered}{second.pk}" in page
