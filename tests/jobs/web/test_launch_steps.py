"""Steps on the launch page: added, opened, moved and removed without losing what was typed; launched as one run."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.runs.models import Run, RunSecret
from jobs.saved.models import Job, JobStep, LaunchDraft
from jobs.saved.selectors import steps_of
from portal.accounts.models import User
from tests.factories import make_app_registration, make_organizations, make_partner
from tests.forms import form_fields

SignIn = Callable[[User], Client]
GET, SET, NEW = (f"/cmdlets/{name}/launch/" for name in ("Get-Mailbox", "Set-Mailbox", "New-Mailbox"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_organizations(2, partner=make_app_registration(make_partner()).partner)
    return signed_in(technician)


def press(browser: Client, url: str, fields: Mapping[str, Any], **pressed: str) -> tuple[str, str]:
    """Press a button of the form; returns the address and the page that it leads to."""
    answer = browser.post(url, {**fields, **pressed})
    assert answer.status_code == 303, answer.content.decode()
    address = answer.headers["Location"]
    return address.partition("#")[0], browser.get(address).content.decode()


def three_steps(browser: Client) -> tuple[str, dict[str, list[str]]]:
    """Return the address and fields of a form of Get-Mailbox, Set-Mailbox and New-Mailbox, the last one open."""
    at, page = press(
        browser, GET, {"p.Identity": "anna", "where": "all", "reason": "why"}, add_step="", new_cmdlet="set-mailbox"
    )
    assert at.startswith(SET)
    typed = form_fields(page) | {"p.Identity": "admin@{default_domain}", "p.HiddenFromAddressListsEnabled": "yes"}
    at, page = press(browser, at, typed, add_step="", new_cmdlet="New-Mailbox")
    return at, form_fields(page)


def opened_cmdlets(fields: Mapping[str, list[str]], own: str) -> list[str]:
    texts = [*fields.get("step_before", []), f"cmdlet={own}", *fields.get("step_after", [])]
    return [QueryDict(text)["cmdlet"] for text in texts]


class TestEditing:
    def test_another_step_keeps_what_was_typed_and_where(self, browser: Client) -> None:
        _, fields = three_steps(browser)
        first, second = (QueryDict(text) for text in fields["step_before"])
        assert (first["cmdlet"], first["p.Identity"]) == ("Get-Mailbox", "anna")
        assert (second["cmdlet"], second["p.Identity"]) == ("Set-Mailbox", "admin@{default_domain}")
        assert fields["reason"] == ["why"]
        assert fields["where"] == ["all"]

    def test_opening_a_step_closes_the_open_one(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        at, page = press(browser, at, fields | {"p.Name": "Bob"}, open_step="1")
        fields = form_fields(page)
        assert at.startswith(GET)
        assert fields["p.Identity"] == ["anna"]
        assert opened_cmdlets(fields, "Get-Mailbox") == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]
        assert QueryDict(fields["step_after"][1])["p.Name"] == "Bob"

    def test_steps_move_and_the_open_one_stays_open(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        at, page = press(browser, at, fields, move_earlier="3")
        assert opened_cmdlets(form_fields(page), "New-Mailbox") == ["Get-Mailbox", "New-Mailbox", "Set-Mailbox"]
        at, page = press(browser, at, form_fields(page), move_later="1")
        assert at.startswith(NEW)
        assert opened_cmdlets(form_fields(page), "New-Mailbox") == ["New-Mailbox", "Get-Mailbox", "Set-Mailbox"]

    def test_removing_the_open_step_opens_its_neighbour(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        at, page = press(browser, at, fields, remove_step="3")
        assert at.startswith(SET)
        at, page = press(browser, at, form_fields(page), remove_step="1")
        fields = form_fields(page)
        assert opened_cmdlets(fields, "Set-Mailbox") == ["Set-Mailbox"]
        assert fields["p.Identity"] == ["admin@{default_domain}"]

    def test_an_unknown_cmdlet_is_refused_and_nothing_is_lost(self, browser: Client) -> None:
        answer = browser.post(GET, {"p.Identity": "anna", "add_step": "", "new_cmdlet": "Set-Mailbx"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "There is no cmdlet named Set-Mailbx. Did you mean Set-Mailbox" in page
        assert form_fields(page)["p.Identity"] == ["anna"]

    def test_a_cmdlet_typed_for_another_step_is_not_passed_over_by_review(self, browser: Client) -> None:
        at, _ = press(browser, GET, {"p.Identity": "anna", "where": "all"}, new_cmdlet="Set-Mailbox")
        assert at.startswith(SET)
        assert not Run.objects.exists()

    def test_going_back_to_the_address_of_another_step_opens_that_one(self, browser: Client) -> None:
        three_steps(browser)
        draft = LaunchDraft.objects.get()
        page = browser.get(f"{SET}?draft={draft.pk}").content.decode()
        assert opened_cmdlets(form_fields(page), "Set-Mailbox") == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]

    def test_query_count_does_not_grow_with_steps(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        counts = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as queries:
                browser.get(at)
            counts.append(len(queries))
            at, page = press(browser, at, fields, add_step="", new_cmdlet="New-Mailbox")
            fields = form_fields(page)
        assert counts[0] == counts[2] > 0


class TestSecrets:
    def test_are_typed_in_the_list_of_steps_and_kept_nowhere(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        new = {"p.Name": "Bob", "p.MicrosoftOnlineServicesID": "bob@{default_domain}", "p.Password": "hunter2"}
        at, page = press(browser, at, fields | new, open_step="1")
        assert "hunter2" not in page + LaunchDraft.objects.get().typed
        fields = form_fields(page)
        assert fields["of_step.3.Password"] == [""]
        refused = browser.post(at, fields)
        assert "Step 3, New-Mailbox: Type Password" in refused.content.decode()
        assert browser.post(at, fields | {"of_step.3.Password": "hunter2"}).status_code == 303
        run = Run.objects.get()
        assert [step.cmdlet for step in run.steps] == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]
        assert list(RunSecret.objects.values_list("step", "name")) == [(3, "Password")]
        assert "hunter2" not in str(run.plan) + LaunchDraft.objects.get().typed

    def test_that_a_browser_puts_into_a_closed_step_are_not_kept(self, browser: Client) -> None:
        hostile = "cmdlet=New-Mailbox&p.Name=x&p.Password=hunter2"
        browser.post(GET, {"step_after": [hostile], "look": "save"})
        assert "hunter2" not in LaunchDraft.objects.get().typed


class TestLaunch:
    def test_all_steps_are_one_run_reviewed_step_by_step(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        at, page = press(browser, at, fields, remove_step="3")
        url, review = press(browser, at, form_fields(page) | {"on_failure": "continue"})
        run = Run.objects.get()
        assert url == f"/runs/{run.pk}/review/"
        assert run.plan["on_failure"] == "continue"
        assert "This sends 2 cmdlets to 2 organizations, one after the other. Where one fails, the next one" in review
        assert "This reads from 2 organizations and changes nothing." in review
        assert "This changes what it names (mailbox), in 2 organizations." in review
        for values in run.plan["variables"].values():
            assert f'<td class="mono wrap">{values["default_domain"]}</td>' in review
        assert "$default_domain = (Get-AcceptedDomain | Where-Object Default).DomainName" in review

    def test_a_problem_of_a_closed_step_is_said_with_its_number(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        step = fields["step_before"][1].replace("default_domain", "domain")
        answer = browser.post(at, fields | {"step_before": [fields["step_before"][0], step]})
        assert answer.status_code == 422
        assert (
            "Step 2, Set-Mailbox: Identity has {domain}, which is no organization variable." in answer.content.decode()
        )

    def test_back_from_the_review_finds_every_step(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        at, page = press(browser, at, fields, remove_step="3")
        at, page = press(browser, at, form_fields(page), open_step="2")
        press(browser, at, form_fields(page))
        run = Run.objects.get()
        back = browser.get(f"/runs/{run.pk}/review/").context["back_url"]
        assert back.startswith(SET)
        assert opened_cmdlets(form_fields(browser.get(back).content.decode()), "Set-Mailbox") == [
            "Get-Mailbox",
            "Set-Mailbox",
        ]

    def test_launching_a_run_again_brings_every_step_and_asks_for_secrets(self, browser: Client) -> None:
        at, fields = three_steps(browser)
        new = {"p.Name": "Bob", "p.MicrosoftOnlineServicesID": "bob@x.example", "p.Password": "hunter2"}
        press(browser, at, fields | new | {"on_failure": "continue"})
        run = Run.objects.get()
        browser.post(f"/runs/{run.pk}/launch/")
        page = browser.get(f"{GET}?from={run.pk}").content.decode()
        again = form_fields(page)
        assert opened_cmdlets(again, "Get-Mailbox") == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]
        assert again["on_failure"] == ["continue"]
        assert "of_step.3.Password" in again
        assert QueryDict(again["step_after"][0])["p.Identity"] == "admin@{default_domain}"


class TestJob:
    def saved(self, browser: Client) -> Job:
        at, fields = three_steps(browser)
        press(
            browser,
            at,
            fields | {"p.Name": "Bob", "p.Password": "hunter2"},
            look="save_job",
            job_name="New people",
            on_failure="continue",
        )
        return Job.objects.get()

    def test_keeps_every_step_from_whichever_is_open_and_no_secret(self, browser: Client) -> None:
        job = self.saved(browser)
        assert [step.cmdlet for step in steps_of(job)] == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]
        assert "hunter2" not in str([step.typed for step in steps_of(job)])
        page = browser.get(f"/jobs/{job.pk}/").content.decode()
        assert "Its 3 steps" in page
        assert "When one fails: go on with the next step." in page

    def test_is_opened_and_launched_with_all_steps(self, browser: Client) -> None:
        job = self.saved(browser)
        page = browser.get(f"{GET}?job={job.pk}").content.decode()
        fields = form_fields(page)
        assert opened_cmdlets(fields, "Get-Mailbox") == ["Get-Mailbox", "Set-Mailbox", "New-Mailbox"]
        asked = {"of_step.3.Password": "hunter2"}
        browser.post(GET, fields | asked | {"step_after": [fields["step_after"][0]]})
        run = Run.objects.get()
        assert (run.step_count, run.job_id, run.reason) == (2, job.pk, "why")

    def test_its_steps_are_edited_in_the_form(self, browser: Client) -> None:
        job = self.saved(browser)
        at, page = press(
            browser, GET, form_fields(browser.get(f"{GET}?job={job.pk}").content.decode()), remove_step="1"
        )
        press(browser, at, form_fields(page), look="change_job")
        job.refresh_from_db()
        assert [step.cmdlet for step in steps_of(job)] == ["Set-Mailbox", "New-Mailbox"]
        assert "where=all" in job.typed

    def test_whose_cmdlet_left_the_catalogue_says_which_step_and_what_to_do(self, browser: Client) -> None:
        job = self.saved(browser)
        JobStep.objects.filter(job=job, position=2).update(cmdlet="Set-Mailbx")
        page = browser.get(f"/jobs/{job.pk}/").content.decode()
        assert "Step 2 runs Set-Mailbx, which is not in the catalogue any more" in page
        fields = form_fields(browser.get(f"{GET}?job={job.pk}").content.decode())
        refused = browser.post(GET, fields | {"of_step.3.Password": "x"})
        assert (
            "Step 2, Set-Mailbx: Set-Mailbx is not in the catalogue any more. Remove the step"
            in refused.content.decode()
        )
        assert browser.post(GET, fields | {"look": "change_job"}).status_code == 422
        _, page = press(browser, GET, fields, remove_step="2")
        assert opened_cmdlets(form_fields(page), "Get-Mailbox") == ["Get-Mailbox", "New-Mailbox"]

    @pytest.mark.parametrize("path", ["/jobs/", "/jobs/{}/", "/cmdlets/Get-Gone/launch/?job={}", "/jobs/{}/delete/"])
    def test_whose_only_cmdlet_left_the_catalogue_breaks_no_page(self, browser: Client, path: str) -> None:
        job = self.saved(browser)
        JobStep.objects.all().delete()
        Job.objects.update(cmdlet="Get-Gone")
        assert browser.get(path.format(job.pk), follow=True).status_code == 200
        page = browser.get(f"/jobs/{job.pk}/").content.decode()
        assert "This job runs Get-Gone, which is not in the catalogue any more" in page
        assert browser.post(f"/jobs/{job.pk}/duplicate/").status_code == 303
