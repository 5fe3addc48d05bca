"""From a request to queued targets: what is frozen, what is refused, what is written down."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from jobs.catalogue.problems import InvalidCall
from jobs.launch import discard_draft, draft_run, launch_run
from jobs.planning import RunRefused, RunRequest
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import PlanChanged, check, hash_of
from jobs.runs.selection import Selection, chosen_organizations
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.organizations.models import Organization
from tenants.profiles.refusals import NoUsableCertificate
from tests.factories import (
    SYSTEM,
    make_app_registration,
    make_certificate,
    make_group,
    make_organizations,
    make_partner,
)
from tests.together import at_once

Acting = Callable[[User], Actor]


@pytest.fixture
def organizations(db: None) -> list[Organization]:
    return make_organizations(3, partner=make_app_registration().partner)


def request_for(organizations: Sequence[Organization], **values: Any) -> RunRequest:
    selection = Selection(organization_ids=[organization.pk for organization in organizations])
    facts: dict[str, Any] = {"cmdlet": "Get-AcceptedDomain", "parameters": {}, "selection": selection}
    return RunRequest(**{**facts, **values})


def drafted(organizations: Sequence[Organization], actor: Actor = SYSTEM, **values: Any) -> Run:
    return draft_run(actor=actor, request=request_for(organizations, **values))


def events_of(run: Run) -> list[str]:
    return list(AuditEvent.objects.filter(run_id=run.pk).order_by("pk").values_list("action", flat=True))


class TestChosenOrganizations:
    def test_groups_and_single_organizations_are_united_without_doubles(self, db: None) -> None:
        first, second, third, _other = make_organizations(4)
        gold, pilot = make_group("Gold", [first, second]), make_group("Pilot", [second])
        selection = Selection(group_ids=[gold.pk, pilot.pk], organization_ids=[second.pk, third.pk])
        assert chosen_organizations(actor=SYSTEM, selection=selection) == [first, second, third]

    def test_everywhere_is_every_served_organization_by_name(self, db: None) -> None:
        organizations = make_organizations(3)
        Organization.objects.filter(pk=organizations[0].pk).update(name="Zebra")
        found = chosen_organizations(actor=SYSTEM, selection=Selection(everywhere=True))
        assert [o.name for o in found] == [organizations[1].name, organizations[2].name, "Zebra"]

    @pytest.mark.parametrize("how", ["everywhere", "group", "single"])
    def test_a_vanished_organization_is_never_chosen(self, db: None, how: str) -> None:
        served, vanished = make_organizations(2)
        Organization.objects.filter(pk=vanished.pk).update(vanished_at=timezone.now())
        selection = {
            "everywhere": Selection(everywhere=True),
            "group": Selection(group_ids=[make_group("Gold", [served, vanished]).pk]),
            "single": Selection(organization_ids=[served.pk, vanished.pk]),
        }[how]
        assert chosen_organizations(actor=SYSTEM, selection=selection) == [served]


class TestDraft:
    def test_freezes_what_will_be_sent_and_where(
        self, organizations: list[Organization], technician: User, acting: Acting
    ) -> None:
        run = drafted(organizations, acting(technician), cmdlet="get-mailbox", parameters={"resultsize": 5})
        assert (run.state, run.cmdlet, run.parameters) == (RunState.DRAFT, "Get-Mailbox", {"ResultSize": 5})
        assert run.plan["organizations"] == sorted(str(o.tenant_id) for o in organizations)
        assert (run.target_count, run.requested_by_id) == (3, str(technician.pk))
        assert run.plan["requested_by"] == run.requested_by == acting(technician).label
        assert not RunTarget.objects.exists()

    def test_leaves_an_event(self, organizations: list[Organization]) -> None:
        run = drafted(organizations, reason="Ticket of Monday", ticket="T-1")
        event = AuditEvent.objects.get(run_id=run.pk)
        facts = {"plan_hash": run.plan_hash, "organizations": 3, "reason": "Ticket of Monday", "ticket": "T-1"}
        assert event.action == "run.drafted"
        assert facts.items() <= event.data.items()

    def test_names_every_problem_of_the_call_at_once(self, organizations: list[Organization]) -> None:
        with pytest.raises(InvalidCall) as refusal:
            drafted(organizations, cmdlet="Get-Mailbox", parameters={"Identty": "x", "ResultSize": "many"})
        assert len(refusal.value.problems) == 2
        assert not Run.objects.exists()
        assert not AuditEvent.objects.filter(action="run.drafted").exists()

    def test_refuses_when_nothing_is_chosen(self, organizations: list[Organization]) -> None:
        with pytest.raises(RunRefused, match="No organization is chosen"):
            drafted([])

    def test_refuses_a_partner_without_certificate(self, db: None) -> None:
        organizations = make_organizations(1, partner=make_app_registration(certificate=False).partner)
        with pytest.raises(NoUsableCertificate, match="has no certificate"):
            drafted(organizations)

    def test_refuses_when_one_of_two_partners_has_no_certificate(self, organizations: list[Organization]) -> None:
        with pytest.raises(NoUsableCertificate, match="has no certificate"):
            drafted([*organizations, *make_organizations(1, partner=make_partner())])

    def test_refuses_an_unknown_thumbprint_and_names_the_known_ones(self, organizations: list[Organization]) -> None:
        [certificate] = organizations[0].partner.app_registrations.get().certificates.all()
        with pytest.raises(NoUsableCertificate, match=certificate.thumbprint):
            drafted(organizations, thumbprint="00FF")

    def test_takes_the_named_certificate_in_any_case(self, organizations: list[Organization]) -> None:
        certificate = make_certificate(organizations[0].partner.app_registrations.get(), days=10)
        run = drafted(organizations, thumbprint=certificate.thumbprint.lower())
        [profile] = run.plan["connection"]["profiles"].values()
        assert profile["thumbprint"] == certificate.thumbprint

    def test_needs_the_permission(self, organizations: list[Organization], auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused, match="jobs:run:launch"):
            drafted(organizations, acting(auditor))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
plans = st.dictionaries(st.text(), json_values, min_size=1)


class TestPlanHash:
    @given(plan=plans)
    def test_does_not_depend_on_the_order_of_keys(self, plan: dict[str, Any]) -> None:
        assert hash_of(dict(reversed(plan.items()))) == hash_of(plan)

    @given(plan=plans, data=st.data())
    def test_changes_with_every_edit(self, plan: dict[str, Any], data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(plan)))
        before = plan[key]
        after = data.draw(json_values.filter(lambda value: value != before or type(value) is not type(before)))
        edited = {**plan, key: after}
        assert hash_of(edited) != hash_of(plan)
        with pytest.raises(PlanChanged):
            check(edited, hash_of(plan))

    @given(plan=plans)
    def test_changes_when_a_member_is_left_out(self, plan: dict[str, Any]) -> None:
        shorter = dict(list(plan.items())[1:])
        assert hash_of(shorter) != hash_of(plan)

    def test_outlives_the_database(self, organizations: list[Organization]) -> None:
        run = drafted(organizations, cmdlet="Get-Mailbox", parameters={"Filter": "Name -eq 'Jürgen'"})
        stored = Run.objects.get(pk=run.pk)
        check(stored.plan, run.plan_hash)


class TestLaunch:
    def test_queues_one_target_per_organization_by_name(self, organizations: list[Organization]) -> None:
        run = launch_run(actor=SYSTEM, run_id=drafted(organizations).pk)
        targets = list(run.targets.order_by("position"))
        assert (run.state, run.launched_at is not None) == (RunState.QUEUED, True)
        assert [t.organization_id for t in targets] == [o.pk for o in organizations]
        assert {t.state for t in targets} == {TargetState.QUEUED}
        assert events_of(run) == ["run.drafted", "run.launched"]

    def test_twice_is_once(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        first = launch_run(actor=SYSTEM, run_id=run.pk)
        second = launch_run(actor=SYSTEM, run_id=run.pk)
        assert (second.pk, second.launched_at) == (first.pk, first.launched_at)
        assert run.targets.count() == 3
        assert events_of(run).count("run.launched") == 1

    @pytest.mark.django_db(transaction=True)
    def test_by_many_at_the_same_time_is_once(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        answers = at_once(run, 5, lambda: launch_run(actor=SYSTEM, run_id=run.pk))
        assert answers == [run] * 5
        assert run.targets.count() == 3
        assert events_of(run).count("run.launched") == 1

    def test_is_refused_to_everybody_but_the_drafter(
        self, organizations: list[Organization], technician: User, administrator: User, acting: Acting
    ) -> None:
        run = drafted(organizations, acting(technician))
        with pytest.raises(RunRefused, match="is somebody else"):
            launch_run(actor=acting(administrator), run_id=run.pk)
        run.refresh_from_db()
        assert (run.state, run.targets.count()) == (RunState.DRAFT, 0)

    def test_needs_the_permission_still(
        self, organizations: list[Organization], technician: User, acting: Acting
    ) -> None:
        run = drafted(organizations, acting(technician))
        technician.role_grants.all().delete()
        with pytest.raises(PermissionRefused):
            launch_run(actor=acting(User.objects.get(pk=technician.pk)), run_id=run.pk)

    def test_of_a_discarded_draft_is_refused(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        key = run.pk
        discard_draft(actor=SYSTEM, run_id=key)
        with pytest.raises(RunRefused, match="discarded"):
            launch_run(actor=SYSTEM, run_id=key)

    def test_of_an_altered_plan_is_refused(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        Run.objects.update(plan={**run.plan, "sent_as": "Remove-Mailbox"})
        with pytest.raises(PlanChanged):
            launch_run(actor=SYSTEM, run_id=run.pk)
        assert not RunTarget.objects.exists()

    def test_skips_an_organization_that_vanished_since_the_review(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        Organization.objects.filter(pk=organizations[1].pk).update(vanished_at=timezone.now())
        launch_run(actor=SYSTEM, run_id=run.pk)
        targets = {t.organization_id: t for t in run.targets.all()}
        gone = targets[organizations[1].pk]
        assert (gone.state, gone.error_class) == (TargetState.SKIPPED, "organization_vanished")
        assert gone.finished_at
        assert [targets[o.pk].state for o in (organizations[0], organizations[2])] == ["queued", "queued"]
        ended = AuditEvent.objects.get(action="run_target.ended")
        assert (ended.organization_id, ended.data["state"]) == (organizations[1].pk, "skipped")

    def test_does_not_include_an_organization_that_joined_since_the_review(
        self, organizations: list[Organization]
    ) -> None:
        run = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, Selection(everywhere=True)))
        make_organizations(1, partner=organizations[0].partner)
        launch_run(actor=SYSTEM, run_id=run.pk)
        assert run.targets.count() == run.target_count == 3


class TestDiscard:
    def test_deletes_the_draft_and_keeps_its_events(self, organizations: list[Organization]) -> None:
        run = drafted(organizations)
        key = run.pk
        discard_draft(actor=SYSTEM, run_id=key)
        assert not Run.objects.exists()
        events = AuditEvent.objects.filter(run_id=key).order_by("pk")
        assert [e.action for e in events] == ["run.drafted", "run.discarded"]

    def test_of_a_launched_run_is_refused(self, organizations: list[Organization]) -> None:
        run = launch_run(actor=SYSTEM, run_id=drafted(organizations).pk)
        with pytest.raises(RunRefused, match="launched already"):
            discard_draft(actor=SYSTEM, run_id=run.pk)

    def test_leaves_the_drafts_of_others_alone(
        self, organizations: list[Organization], technician: User, acting: Acting
    ) -> None:
        run = drafted(organizations)
        discard_draft(actor=acting(technician), run_id=run.pk)
        assert Run.objects.filter(pk=run.pk).exists()

    def test_twice_is_once(self, organizations: list[Organization]) -> None:
        key = drafted(organizations).pk
        for _ in range(2):
            discard_draft(actor=SYSTEM, run_id=key)
        assert AuditEvent.objects.filter(run_id=key, action="run.discarded").count() == 1
