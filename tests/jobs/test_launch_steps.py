"""Runs of several steps: what is frozen, what is refused, and of which step it is said."""

import random
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.variables import VARIABLES
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.calls import MOST_STEPS, StepRequest, valid_calls
from jobs.runs.models import Run, RunSecret
from jobs.runs.plans import check, hash_of
from jobs.runs.secrets import open_secrets
from jobs.runs.selection import Selection
from jobs.runs.steps import OnFailure
from jobs.runs.variables import NoValue, fill_in, frozen_variables, known_variables
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tenants.variables.models import OrganizationVariable
from tenants.variables.names import BUILT_IN
from tenants.variables.services import Setting, set_variables
from tests.factories import SYSTEM, make_app_registration, make_organizations

GET = StepRequest("Get-Mailbox", {"ResultSize": 5})
SET = StepRequest("Set-Mailbox", {"Identity": "anna", "HiddenFromAddressListsEnabled": True})
NEW = StepRequest("New-Mailbox", {"Name": "Anna", "MicrosoftOnlineServicesID": "a@x.example", "Password": "word 1"})
REMOVE = StepRequest("Remove-Mailbox", {"Identity": "anna"})
LABEL = StepRequest("Get-Label", {})


@pytest.fixture
def organizations(db: None) -> list[Organization]:
    return make_organizations(3, partner=make_app_registration().partner)


def drafted(*steps: StepRequest, **values: Any) -> Run:
    first, *later = steps
    return draft_run(
        actor=SYSTEM,
        request=RunRequest(first.cmdlet, first.parameters, Selection(everywhere=True), later_steps=later, **values),
    )


def refusal_of(*steps: StepRequest, **values: Any) -> list[str]:
    with pytest.raises(InvalidCall) as refused:
        drafted(*steps, **values)
    assert not Run.objects.exists()
    return [f"{each.problem} {each.suggestion or ''}".strip() for each in refused.value.problems]


@pytest.mark.usefixtures("organizations")
class TestPlan:
    def test_freezes_every_step_in_order_with_what_becomes_of_a_failure(self) -> None:
        run = drafted(GET, SET, on_failure=OnFailure.CONTINUE)
        assert [step.cmdlet for step in run.steps] == ["Get-Mailbox", "Set-Mailbox"]
        assert run.steps[1].parameters["HiddenFromAddressListsEnabled"] is True
        assert run.plan["on_failure"] == "continue"
        assert (run.step_count, run.cmdlet, run.what) == (2, "Get-Mailbox", "Get-Mailbox and 1 more step")
        check(run.plan, run.plan_hash)

    def test_the_worst_step_decides_on_effect_and_risk(self) -> None:
        assert (drafted(GET, SET).effect, drafted(SET, GET).risk) == ("absolute_set", "change")
        worst = drafted(SET, REMOVE, GET)
        assert (worst.effect, worst.risk) == ("relative", "destructive")

    def test_powershell_is_the_whole_script(self) -> None:
        assert drafted(GET, SET).powershell.splitlines() == [
            "Get-Mailbox -ResultSize 5",
            "Set-Mailbox -Identity 'anna' -HiddenFromAddressListsEnabled $true -Confirm:$false",
        ]

    def test_secrets_are_sealed_for_the_step_that_takes_them(self) -> None:
        run = drafted(GET, NEW, NEW)
        assert set(RunSecret.objects.values_list("step", "name")) == {(2, "Password"), (3, "Password")}
        assert run.steps[1].secrets != run.steps[2].secrets
        for number in (2, 3):
            opened = open_secrets(run.pk, run.steps[number - 1].secrets, step=number)
            assert opened["Password"].reveal() == "word 1"

    def test_events_name_every_step(self) -> None:
        launch_run(actor=SYSTEM, run_id=drafted(GET, SET).pk)
        for event in AuditEvent.objects.filter(action__in=["run.drafted", "run.launched"]):
            assert [step["cmdlet"] for step in event.data["later_steps"]] == ["Set-Mailbox"]
            assert event.data["on_failure"] == "stop"

    def test_a_plan_is_never_changed_in_place(self) -> None:
        """Any edit of steps, order, values or of what a failure does is another run with another hash."""
        chance, step = random.Random(5), [GET, SET, REMOVE]
        before = drafted(*step)
        frozen = (before.plan, before.plan_hash)
        hashes = {before.plan_hash}
        for _ in range(10):
            chance.shuffle(step)
            edited = [*step[:2], StepRequest("Get-Mailbox", {"ResultSize": chance.randint(6, 10**6)})]
            run = drafted(*edited, on_failure=chance.choice(list(OnFailure)))
            assert run.pk != before.pk
            hashes.add(run.plan_hash)
        kept = Run.objects.get(pk=before.pk)
        assert (kept.plan, kept.plan_hash, hash_of(kept.plan)) == (*frozen, before.plan_hash)
        assert len(hashes) == 11


@pytest.mark.usefixtures("organizations")
class TestRefusals:
    def test_name_the_step_of_every_problem(self) -> None:
        said = refusal_of(GET, StepRequest("Set-Mailbx", {}), StepRequest("Get-Mailbox", {"ResultSize": "many"}))
        assert [text.split(":")[0] for text in said] == ["Step 2, Set-Mailbx", "Step 3, Get-Mailbox"]
        assert "Did you mean Set-Mailbox" in said[0]

    def test_steps_of_two_services_are_told_how_to_be_split(self) -> None:
        assert refusal_of(GET, LABEL) == [
            "One run uses one connection, and these steps run in different services: step 1 (Get-Mailbox) in Exchange "
            "Online; step 2 (Get-Label) in Security & Compliance. "
            "Launch the steps of each service as a run of their own."
        ]

    def test_a_cmdlet_of_both_services_follows_the_others(self) -> None:
        both = StepRequest("Get-RoleGroup", {})
        assert (drafted(both, LABEL).service, drafted(both, GET).service) == ("scc", "exo")

    def test_more_steps_than_a_run_may_have(self) -> None:
        assert refusal_of(*[GET] * (MOST_STEPS + 1)) == ["A run has at most 50 steps, and these are 51."]


class TestOrganizationVariables:
    def test_values_of_those_that_occur_are_frozen(self, organizations: list[Organization]) -> None:
        run = drafted(GET, StepRequest("Set-Mailbox", {"Identity": "admin@{default_domain}", "DisplayName": "{name}"}))
        assert run.steps[1].parameters["Identity"] == "admin@{default_domain}"
        first = organizations[0]
        Organization.objects.filter(pk=first.pk).update(default_domain="moved.example", name="Moved")
        kept = Run.objects.get(pk=run.pk).plan["variables"]
        assert kept[str(first.tenant_id)] == {"default_domain": first.default_domain, "name": first.name}
        assert set(kept) == {str(each.tenant_id) for each in organizations}
        sent = fill_in(run.steps[1].parameters, kept[str(first.tenant_id)])
        assert sent["Identity"] == f"admin@{first.default_domain}"

    def test_nothing_is_frozen_where_none_occurs(self, organizations: list[Organization]) -> None:
        assert "variables" not in drafted(GET, SET).plan

    @pytest.mark.parametrize(
        ("cmdlet", "parameters"),
        [
            ("New-Mailbox", {"Name": "x", "MicrosoftOnlineServicesID": "a@{default_domain}", "Password": "w{name}"}),
            ("Get-AcceptedDomain", {"Identity": "{initial_domain}"}),
            ("New-RemoteDomain", {"Name": "{name}", "DomainName": "mail.{default_domain}"}),
            ("Set-Mailbox", {"Identity": "x", "EmailAddresses": {"Add": ["smtp:a@{default_domain}"]}}),
            ("Get-EXOMailbox", {"ExternalDirectoryObjectId": "{tenant_id}"}),
            ("Get-Recipient", {"Filter": "Company -eq '{name}'"}),
        ],
    )
    def test_pass_the_checks_of_what_they_stand_for(
        self, organizations: list[Organization], cmdlet: str, parameters: dict[str, Any]
    ) -> None:
        run = drafted(StepRequest(cmdlet, parameters))
        assert "variables" in run.plan
        assert "{" in str(run.parameters.values())

    @pytest.mark.parametrize("word", ["{defaultdomain}", "{domain}", "{Default_Domain}", "x{tenant}y"])
    def test_another_word_in_braces_is_refused_with_what_there_is(
        self, organizations: list[Organization], word: str
    ) -> None:
        (said,) = refusal_of(StepRequest("Set-Mailbox", {"Identity": word}))
        known = "There are {default_domain}, {initial_domain}, {name}, {tenant_id}."
        assert "which is no organization variable." in said
        assert known in said

    @pytest.mark.parametrize(
        "text", ["{Name -eq 'x'}", "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}", r"\p{Lu}+"]
    )
    def test_other_braces_are_no_variables(self, organizations: list[Organization], text: str) -> None:
        assert drafted(StepRequest("Get-Mailbox", {"Identity": text})).parameters["Identity"] == text

    def test_an_organization_without_a_value_is_named(self, organizations: list[Organization]) -> None:
        Organization.objects.filter(pk=organizations[1].pk).update(default_domain="")
        with pytest.raises(NoValue, match=f"{organizations[1].name} has no value for {{default_domain}}"):
            drafted(GET, StepRequest("Get-Mailbox", {"Identity": "a@{default_domain}"}))
        assert drafted(StepRequest("Get-Mailbox", {"Identity": "{initial_domain}"})).target_count == 3

    def test_each_organizations_own_value_is_checked(self, organizations: list[Organization]) -> None:
        Organization.objects.filter(pk=organizations[2].pk).update(name="Contoso " * 20)
        (said,) = refusal_of(GET, StepRequest("New-RemoteDomain", {"Name": "{name}", "DomainName": "a.example"}))
        assert said.startswith("Step 2, New-RemoteDomain: Name is ")
        assert "once filled in for Contoso" in said

    def test_a_name_cannot_change_what_a_filter_asks_for(self, organizations: list[Organization]) -> None:
        Organization.objects.filter(pk=organizations[0].pk).update(name='A" -or Name -like "*')
        (said,) = refusal_of(StepRequest("Get-Recipient", {"Filter": 'Company -eq "{name}"'}))
        assert "Write it between single quotes: '{name}'." in said
        assert drafted(StepRequest("Get-Recipient", {"Filter": "Company -eq '{name}'"})).target_count == 3


class TestVariablesThatPeopleSet:
    def test_are_frozen_beside_those_that_every_organization_has(self, organizations: list[Organization]) -> None:
        have(organizations, "helpdesk", "desk{}@x.example")
        run = drafted(GET, StepRequest("Set-Mailbox", {"Identity": "{helpdesk}", "DisplayName": "{name}"}))
        first = organizations[0]
        assert run.plan["variables"][str(first.tenant_id)] == {"helpdesk": "desk0@x.example", "name": first.name}
        have([first], "helpdesk", "moved@x.example")
        assert Run.objects.get(pk=run.pk).plan["variables"] == run.plan["variables"]

    def test_those_that_there_are_are_named_when_another_is_meant(self, organizations: list[Organization]) -> None:
        have(organizations[:1], "helpdesk", "x")
        (said,) = refusal_of(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": "{HelpDesk}"}))
        assert said == (
            "DisplayName has {HelpDesk}, which is no organization variable. There are {default_domain}, "
            "{initial_domain}, {name}, {tenant_id}, {helpdesk}. Write {helpdesk}. For the word in braces itself, write "
            "{{HelpDesk}}."
        )

    def test_an_organization_without_a_value_is_named(self, organizations: list[Organization]) -> None:
        have(organizations[1:], "helpdesk", "x")
        with pytest.raises(NoValue) as refused:
            drafted(StepRequest("Get-Mailbox", {"Identity": "{helpdesk}"}))
        assert str(refused.value) == (
            f"{organizations[0].name} has no value for {{helpdesk}}. Select this one under Organizations and press "
            "“Variable…”, or leave this one out."
        )

    def test_of_many_without_a_value_the_first_are_named_and_the_others_counted(self, db: None) -> None:
        places = make_organizations(6, partner=make_app_registration().partner)
        have(places[5:], "helpdesk", "x")
        names = ", ".join(sorted(place.name for place in places[:5])[:3])
        with pytest.raises(NoValue) as refused:
            drafted(StepRequest("Get-Mailbox", {"Identity": "{helpdesk}"}))
        assert str(refused.value).startswith(f"5 organizations ({names} and 2 more) have no value for {{helpdesk}}. ")

    def test_each_value_is_checked_as_what_it_is_filled_into(self, organizations: list[Organization]) -> None:
        have(organizations, "helpdesk", "nobody")
        (said,) = refusal_of(
            StepRequest("Set-Mailbox", {"Identity": "x", "HiddenFromAddressListsEnabled": "{helpdesk}"})
        )
        assert "an organization variable is one" in said
        contact = StepRequest("New-MailContact", {"Name": "x", "ExternalEmailAddress": "{helpdesk}"})
        (said,) = refusal_of(contact)
        assert f"once filled in for {organizations[0].name}" in said
        have(organizations, "helpdesk", "desk{}@x.example")
        assert drafted(contact).target_count == 3

    def test_a_value_in_braces_is_filled_in_as_it_is(self, organizations: list[Organization]) -> None:
        Organization.objects.filter(pk=organizations[0].pk).update(name="{foo}")
        run = drafted(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": "{name}"}))
        values = run.plan["variables"][str(organizations[0].tenant_id)]
        assert fill_in(run.parameters, values)["DisplayName"] == "{foo}"

    def test_cannot_take_the_place_of_one_that_every_organization_has(self, organizations: list[Organization]) -> None:
        OrganizationVariable.objects.create(organization=organizations[0], name="name", value="Other", changed_by="x")
        run = drafted(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": "{name}"}))
        assert run.plan["variables"][str(organizations[0].tenant_id)] == {"name": organizations[0].name}

    def test_the_same_are_known_of_every_organization_everywhere(self) -> None:
        assert tuple(sorted(VARIABLES)) == tuple(sorted(BUILT_IN))

    @pytest.mark.parametrize("number", [1, 4])
    def test_take_two_questions_however_many_organizations(
        self, number: int, db: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        places = make_organizations(number, partner=make_app_registration().partner)
        have(places, "helpdesk", "x")
        steps = [StepRequest("Get-Mailbox", {"Identity": "{helpdesk}"})]
        with django_assert_num_queries(2):
            calls = valid_calls(steps, variables=known_variables(SYSTEM, steps))
            assert len(frozen_variables(calls, places)) == number


class TestLiteralBraces:
    def test_a_word_in_double_braces_is_sent_in_single_ones(self, organizations: list[Organization]) -> None:
        run = drafted(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": "{{name}} of {name}, {{foo}}"}))
        first = organizations[0]
        sent = fill_in(run.parameters, run.plan["variables"][str(first.tenant_id)])
        assert sent["DisplayName"] == f"{{name}} of {first.name}, {{foo}}"

    def test_also_where_no_variable_occurs(self, organizations: list[Organization]) -> None:
        run = drafted(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": "{{foo}}"}))
        assert fill_in(run.parameters, run.plan["variables"][str(organizations[0].tenant_id)])["DisplayName"] == "{foo}"
        assert "-DisplayName '{foo}'" in run.powershell

    def test_the_check_is_of_what_is_sent(self, organizations: list[Organization]) -> None:
        longest = "x" * 252 + "{{a}}"
        assert drafted(StepRequest("Set-Mailbox", {"Identity": "x", "DisplayName": longest})).target_count == 3

    def test_a_plan_from_before_there_were_any_is_sent_as_it_is(self) -> None:
        assert fill_in({"P": "{{foo}} {name}"}, None) == {"P": "{{foo}} {name}"}


def have(places: list[Organization], name: str, value: str) -> None:
    """Set a variable, `{}` in its value being the number of the organization."""
    settings = [Setting(place.pk, name, value.format(number)) for number, place in enumerate(places)]
    set_variables(actor=SYSTEM, settings=settings)
