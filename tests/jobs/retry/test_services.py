"""Retrying a run: who is tried again, from which step, who is left out, and that nothing is done twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jobs.launch import launch_run
from jobs.planning import RunRefused
from jobs.retry.candidates import candidates
from jobs.retry.services import RetryRefused, SecretsWanted, left_out_of, retry_run
from jobs.runs.calls import StepRequest
from jobs.runs.integrity import check_plan
from jobs.runs.models import Run, RunSecret, RunTarget
from jobs.runs.plans import PlanChanged
from jobs.runs.retries import retriable_targets
from jobs.runs.secrets import open_secrets
from jobs.runs.states import RunState, TargetState, Verdict
from jobs.runs.steps import OnFailure
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.organizations.models import Organization
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.variables.services import Setting, remove_variable, set_variables
from tests.factories import SYSTEM, make_app_registration, make_organizations
from tests.jobs.retry.cases import CREATE, READ, SET, WITH_SECRET, ended, launched, step_ended, tenants
from tests.together import at_once

Acting = Callable[[User], Actor]
S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def organizations(db: None) -> list[Organization]:
    return make_organizations(6, partner=make_app_registration().partner)


class TestWhom:
    def test_holds_what_failed_errored_or_was_not_started(self, organizations: list[Organization]) -> None:
        states = [S.SUCCEEDED, S.FAILED, S.ERRORED, S.CANCELLED, S.SKIPPED, S.DENIED]
        run = ended(launched(organizations), *states)
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        assert retry.plan["organizations"] == tenants(organizations[1:5])
        assert (retry.state, retry.retry_of, retry.target_count) == (RunState.DRAFT, run, 4)
        assert candidates(actor=SYSTEM, run=run).words == (
            "4 organizations: 1 failed, 1 errored, 1 not started, 1 skipped"
        )

    def test_is_the_same_plan_under_a_hash_of_its_own(self, organizations: list[Organization]) -> None:
        step = StepRequest("Set-OrganizationConfig", {"MailTipsLargeAudienceThreshold": 40})
        run = ended(launched(organizations[:2], step, reason="Larger", ticket="T-1"), S.FAILED, S.SUCCEEDED)
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        same = ("steps", "service", "reason", "ticket", "catalogue_version")
        assert {name: retry.plan[name] for name in same} == {name: run.plan[name] for name in same}
        assert (retry.risk, retry.effect, retry.powershell) == (run.risk, run.effect, run.powershell)
        assert retry.plan_hash != run.plan_hash
        check_plan(retry)
        event = AuditEvent.objects.get(run_id=retry.pk)
        assert (event.action, event.data["retry_of"]) == ("run.drafted", str(run.pk))

    def test_never_holds_an_unknown_one_before_it_was_found_not_carried_out(
        self, organizations: list[Organization]
    ) -> None:
        run = ended(launched(organizations, CREATE), S.FAILED, *[S.UNKNOWN] * 5)
        verdicts = ["", Verdict.APPLIED, Verdict.NEEDS_PERSON, Verdict.NOT_APPLIED, Verdict.NOT_APPLIED]
        for target, verdict in zip(run.targets.order_by("position")[1:], verdicts, strict=True):
            RunTarget.objects.filter(pk=target.pk).update(verdict=verdict)
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        assert retry.plan["organizations"] == tenants([organizations[0], *organizations[4:]])
        found = candidates(actor=SYSTEM, run=run)
        assert found.words == "3 organizations: 1 failed, 2 not carried out"
        assert found.left_out_words == ["2 unknown: they are looked up first"]

    def test_leaves_out_who_is_served_no_more_or_has_no_profile(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations), *[S.ERRORED] * 6)
        Organization.objects.filter(pk=organizations[0].pk).update(vanished_at=timezone.now())
        [profile] = ConnectionProfile.objects.all()
        ProfileAssignment.objects.all().delete()
        for place in organizations[2:]:
            ProfileAssignment.objects.create(profile=profile, service="exo", organization=place, assigned_by="test")
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        assert retry.plan["organizations"] == tenants(organizations[2:])
        assert left_out_of(actor=SYSTEM, draft=retry) == [
            "1 no longer served: they are not among the organizations any more",
            "1 without a connection profile: none applies there any more",
        ]

    def test_leaves_out_what_would_act_twice(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations, CREATE), *[S.FAILED] * 6)
        run.targets.filter(position=0).update(error_class="partly_done")
        found = candidates(actor=SYSTEM, run=run)
        assert len(found.first_steps) == 5
        assert found.left_out_words == ["1 carried out at least in part: the same again would act a second time"]
        assert not candidates(actor=SYSTEM, run=run, error_class="partly_done").first_steps

    def test_can_be_narrowed_to_a_cause_and_to_organizations(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations), *[S.ERRORED] * 6)
        run.targets.filter(position__lt=2).update(error_class="no_consent")
        by_cause = retry_run(actor=SYSTEM, run_id=run.pk, error_class="no_consent")
        assert by_cause.plan["organizations"] == tenants(organizations[:2])
        assert left_out_of(actor=SYSTEM, draft=by_cause) == ["4 that could be retried too, and were not asked for"]
        picked = retry_run(actor=SYSTEM, run_id=run.pk, organization_ids=[organizations[3].pk])
        assert picked.plan["organizations"] == tenants([organizations[3]])

    def test_whose_variables_changed_is_left_out(self, organizations: list[Organization]) -> None:
        step = StepRequest("Get-Recipient", {"Identity": "postmaster@{default_domain}"})
        run = ended(launched(organizations[:2], step), S.ERRORED, S.ERRORED)
        Organization.objects.filter(pk=organizations[0].pk).update(default_domain="new.example")
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        kept = str(organizations[1].tenant_id)
        assert retry.plan["variables"] == {kept: run.plan["variables"][kept]}
        assert left_out_of(actor=SYSTEM, draft=retry) == [
            "1 whose variables have changed since: launch there again with the form"
        ]

    def test_so_is_whose_own_variable_changed_or_was_removed(self, organizations: list[Organization]) -> None:
        places = organizations[:3]
        set_variables(actor=SYSTEM, settings=[Setting(place.pk, "desk", "a@x.example") for place in places])
        run = ended(launched(places, StepRequest("Get-Recipient", {"Identity": "{desk}"})), *[S.ERRORED] * 3)
        set_variables(actor=SYSTEM, settings=[Setting(places[0].pk, "desk", "b@x.example")])
        remove_variable(actor=SYSTEM, organization=places[1], name="desk")
        assert retry_run(actor=SYSTEM, run_id=run.pk).plan["organizations"] == tenants(places[2:])


class TestOnce:
    def test_who_is_in_a_later_retry_is_retried_from_there(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations), *[S.ERRORED] * 6)
        first = retry_run(actor=SYSTEM, run_id=run.pk, organization_ids=[place.pk for place in organizations[:4]])
        assert len(candidates(actor=SYSTEM, run=run).first_steps) == 6, "a draft takes nobody"
        launch_run(actor=SYSTEM, run_id=first.pk)
        found = candidates(actor=SYSTEM, run=run)
        assert found.left_out_words == ["4 already in a later retry: retry them from there"]
        ended(first, S.SUCCEEDED, S.SUCCEEDED, S.ERRORED, S.ERRORED)
        second = retry_run(actor=SYSTEM, run_id=first.pk)
        assert second.retry_of == first
        assert second.plan["organizations"] == tenants(organizations[2:4])

    def test_of_two_drafts_of_the_same_only_one_is_launched(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations, CREATE), *[S.ERRORED] * 6)
        first, second = (retry_run(actor=SYSTEM, run_id=run.pk) for _ in range(2))
        launch_run(actor=SYSTEM, run_id=first.pk)
        with pytest.raises(RunRefused, match="6 of these organizations were retried by another run meanwhile"):
            launch_run(actor=SYSTEM, run_id=second.pk)
        assert not second.targets.exists()

    def test_what_was_decided_otherwise_meanwhile_is_not_launched(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:1], CREATE), S.UNKNOWN)
        run.targets.update(verdict=Verdict.NOT_APPLIED)
        retry = retry_run(actor=SYSTEM, run_id=run.pk)
        run.targets.update(verdict=Verdict.APPLIED)
        with pytest.raises(RunRefused, match=r"1 of these organizations was retried .* or may not be any more"):
            launch_run(actor=SYSTEM, run_id=retry.pk)

    @pytest.mark.django_db(transaction=True)
    def test_at_the_same_moment_too(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations, CREATE), *[S.ERRORED] * 6)
        drafts = [retry_run(actor=SYSTEM, run_id=run.pk).pk for _ in range(4)]
        answers = at_once(run, 4, lambda: launch_run(actor=SYSTEM, run_id=drafts.pop()))
        assert sorted(type(answer).__name__ for answer in answers) == ["Run", *["RunRefused"] * 3]
        assert RunTarget.objects.filter(run__retry_of=run).count() == 6


class TestSteps:
    def test_each_organization_begins_where_it_did_not_succeed(self, organizations: list[Organization]) -> None:
        run = launched(organizations[:4], CREATE, SET, READ)
        first, second, third, _ = run.targets.order_by("position")
        step_ended(first, 1, S.FAILED, "throttled")
        step_ended(second, 1, S.SUCCEEDED)
        step_ended(second, 2, S.FAILED, "throttled")
        step_ended(third, 1, S.SUCCEEDED)
        step_ended(third, 2, S.SUCCEEDED)
        ended(run, S.FAILED, S.FAILED, S.CANCELLED, S.SUCCEEDED)
        retry = launch_run(actor=SYSTEM, run_id=retry_run(actor=SYSTEM, run_id=run.pk).pk)
        begins = dict(retry.targets.values_list("organization", "step"))
        assert begins == {first.organization_id: 1, second.organization_id: 2, third.organization_id: 3}
        assert retry.plan["first_steps"] == {
            str(second.organization.tenant_id): 2,
            str(third.organization.tenant_id): 3,
        }
        check_plan(retry)

    def test_a_retry_of_a_retry_goes_on_where_that_one_began(self, organizations: list[Organization]) -> None:
        run = launched(organizations[:1], CREATE, SET)
        step_ended(run.targets.get(), 1, S.SUCCEEDED)
        step_ended(run.targets.get(), 2, S.FAILED, "throttled")
        ended(run, S.FAILED)
        again = launch_run(actor=SYSTEM, run_id=retry_run(actor=SYSTEM, run_id=run.pk).pk)
        ended(again, S.ERRORED)
        third = retry_run(actor=SYSTEM, run_id=again.pk)
        assert set(third.plan["first_steps"].values()) == {2}

    def test_an_organization_where_a_later_step_changed_something_is_left_out(
        self, organizations: list[Organization]
    ) -> None:
        run = launched(organizations[:2], CREATE, SET, on_failure=OnFailure.CONTINUE)
        first, _ = run.targets.order_by("position")
        step_ended(first, 1, S.FAILED, "throttled")
        step_ended(first, 2, S.SUCCEEDED)
        ended(run, S.FAILED, S.ERRORED)
        found = candidates(actor=SYSTEM, run=run)
        assert list(found.first_steps) == [organizations[1].pk]
        assert found.left_out_words == [
            "1 where a later step has changed something already: it must not be repeated, look there first"
        ]

    def test_an_unknown_step_that_was_carried_out_is_not_repeated_and_its_later_steps_are_told(
        self, organizations: list[Organization]
    ) -> None:
        run = launched(organizations[:2], CREATE, SET)
        first, second = run.targets.order_by("position")
        step_ended(first, 1, S.UNKNOWN)
        step_ended(second, 1, S.SUCCEEDED)
        step_ended(second, 2, S.UNKNOWN)
        RunTarget.objects.filter(pk=second.pk).update(step=2)
        ended(run, S.UNKNOWN, S.UNKNOWN)
        run.targets.update(verdict=Verdict.APPLIED)
        found = candidates(actor=SYSTEM, run=run)
        assert not found.first_steps
        assert found.left_out_words == [
            "1 where the last step that was sent was found as planned: take the later steps there with “Launch again”"
        ]

    def test_a_step_that_met_its_own_object_is_not_repeated_either(self, organizations: list[Organization]) -> None:
        run = launched(organizations[:2], CREATE, SET)
        first, second = run.targets.order_by("position")
        for target in (first, second):
            step_ended(target, 1, S.FAILED, "already_exists")
        ended(run, S.FAILED, S.FAILED, error_class="already_exists")
        RunTarget.objects.filter(pk=first.pk).update(verdict=Verdict.APPLIED)
        found = candidates(actor=SYSTEM, run=run)
        assert found.first_steps == {organizations[1].pk: 1}
        assert found.left_out_words == [
            "1 where the last step that was sent was found as planned: take the later steps there with “Launch again”"
        ]
        assert [target.pk for target in retriable_targets(run.pk)] == [second.pk]

    def test_a_last_step_that_was_found_as_planned_does_not_hide_that_one_before_it_failed(
        self, organizations: list[Organization]
    ) -> None:
        run = launched(organizations[:1], CREATE, SET, on_failure=OnFailure.CONTINUE)
        target = run.targets.get()
        step_ended(target, 1, S.FAILED, "cmdlet_refused")
        step_ended(target, 2, S.UNKNOWN)
        ended(run, S.UNKNOWN)
        RunTarget.objects.filter(pk=target.pk).update(step=2, verdict=Verdict.APPLIED)
        found = candidates(actor=SYSTEM, run=run)
        assert not found.first_steps
        assert found.left_out_words == [
            "1 where a later step has changed something already: it must not be repeated, look there first"
        ]

    def test_a_step_that_was_done_in_part_is_not_repeated(self, organizations: list[Organization]) -> None:
        run = launched(organizations[:1], READ, CREATE)
        step_ended(run.targets.get(), 1, S.SUCCEEDED)
        step_ended(run.targets.get(), 2, S.FAILED, "partly_done")
        ended(run, S.FAILED, error_class="partly_done")
        assert not candidates(actor=SYSTEM, run=run).first_steps


class TestSecrets:
    KEY = (1, "Password")

    def test_are_asked_for_and_sealed_anew(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:2], WITH_SECRET), S.ERRORED, S.SUCCEEDED)
        assert not RunSecret.objects.exists()
        with pytest.raises(SecretsWanted, match="Type it again, because secrets are not kept: Password"):
            retry_run(actor=SYSTEM, run_id=run.pk)
        retry = retry_run(actor=SYSTEM, run_id=run.pk, secrets={self.KEY: "An0ther!x"})
        [step] = retry.steps
        assert step.secrets != run.steps[0].secrets
        assert open_secrets(retry.pk, step.secrets)["Password"].reveal() == "An0ther!x"
        assert "An0ther" not in str(retry.plan)

    def test_an_empty_one_is_asked_for_again(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:1], WITH_SECRET), S.ERRORED)
        with pytest.raises(SecretsWanted) as wanted:
            retry_run(actor=SYSTEM, run_id=run.pk, secrets={self.KEY: ""})
        assert wanted.value.problems == {self.KEY: "Type Password again: secrets are not kept."}


class TestRefused:
    def test_while_the_run_goes_on(self, organizations: list[Organization]) -> None:
        run = launched(organizations)
        with pytest.raises(RetryRefused, match="goes on"):
            retry_run(actor=SYSTEM, run_id=run.pk)

    def test_where_nothing_is_left(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:2], CREATE), S.SUCCEEDED, S.UNKNOWN)
        with pytest.raises(RetryRefused, match=r"can be retried\. 1 unknown: they are looked up first"):
            retry_run(actor=SYSTEM, run_id=run.pk)

    def test_when_the_chosen_profile_is_gone(self, organizations: list[Organization]) -> None:
        [profile] = ConnectionProfile.objects.all()
        run = ended(launched(organizations[:1], profile_id=profile.pk), S.ERRORED)
        kept = retry_run(actor=SYSTEM, run_id=run.pk)
        assert kept.plan["connection"]["chosen"] == str(profile.pk)
        ConnectionProfile.objects.update(retired_at=timezone.now())
        with pytest.raises(RetryRefused, match="chosen for this run does not exist any more"):
            retry_run(actor=SYSTEM, run_id=run.pk)

    def test_when_the_cmdlet_left_the_catalogue(self, organizations: list[Organization], monkeypatch: Any) -> None:
        run = ended(launched(organizations[:1]), S.ERRORED)
        plan = {**run.plan, "steps": [{**run.plan["steps"][0], "cmdlet": "Get-Nothing"}]}
        Run.objects.filter(pk=run.pk).update(plan=plan)
        monkeypatch.setattr("jobs.retry.services.check_plan", lambda _: None)
        with pytest.raises(RetryRefused, match="Get-Nothing is not in the catalogue any more"):
            retry_run(actor=SYSTEM, run_id=run.pk)

    def test_when_the_plan_was_altered(self, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:1]), S.ERRORED)
        Run.objects.filter(pk=run.pk).update(plan={**run.plan, "reason": "another"})
        with pytest.raises(PlanChanged):
            retry_run(actor=SYSTEM, run_id=run.pk)

    def test_without_the_right(self, organizations: list[Organization], auditor: User, acting: Acting) -> None:
        run = ended(launched(organizations[:1]), S.ERRORED)
        with pytest.raises(PermissionRefused, match="jobs:run:launch"):
            retry_run(actor=acting(auditor), run_id=run.pk)
