"""Pages of a run of several steps: each step told truthfully, on the run, in an organization, in results and files."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.results.comparison import Change, compared
from jobs.results.rows.unfolding import fold_run, prepare_rows
from jobs.results.tables import result_columns, result_rows
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import TargetState as S
from jobs.web.script import script_of
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.factories import SYSTEM, make_run_of_steps

SignIn = Callable[[User], Client]
STEPS = ("Get-Mailbox", "Set-Mailbox", "Get-Recipient")
DONE = [(S.SUCCEEDED, 3), (S.SUCCEEDED, 0), (S.SUCCEEDED, 2)]
STOPPED = [(S.SUCCEEDED, 1), (S.FAILED, None)]
pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    return make_run_of_steps(*STEPS, ended=[DONE, STOPPED, DONE])


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def target_at(run: Run, position: int) -> RunTarget:
    return run.targets.get(position=position)


class TestRunPage:
    def test_counts_how_each_step_went(self, browser: Client, run: Run) -> None:
        page = browser.get(f"/runs/{run.pk}/")
        assert [(row.cmdlet, row.words) for row in page.context["steps"]] == [
            ("Get-Mailbox", "3 succeeded"),
            ("Set-Mailbox", "2 succeeded, 1 failed"),
            ("Get-Recipient", "2 succeeded, not sent in 1"),
        ]
        assert "Step 2 of 3: <strong>Set-Mailbox</strong>" in page.content.decode()
        assert "Get-Mailbox and 2 more steps" in page.content.decode()

    def test_query_count_does_not_grow_with_organizations_or_steps(self, browser: Client) -> None:
        runs = make_run_of_steps(*STEPS[:2], ended=[DONE[:2]]), make_run_of_steps(*STEPS * 3, ended=[DONE * 3] * 20)
        counts = []
        for run in runs:
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/runs/{run.pk}/")
            counts.append(len(queries))
        assert counts[0] == counts[1] > 0

    def test_the_list_and_the_tab_of_powershell_name_every_step(self, browser: Client, run: Run) -> None:
        assert "and 2 more steps" in browser.get("/runs/").content.decode()
        page = browser.get(f"/runs/{run.pk}/powershell/").content.decode()
        assert "Step 3: Get-Recipient" in page
        assert "Get-Mailbox\nSet-Mailbox\nGet-Recipient" in page

    def test_the_script_stops_an_organization_as_the_plan_does(self, run: Run) -> None:
        script = script_of(SYSTEM, run)
        assert "$PSDefaultParameterValues = @{ '*:ErrorAction' = 'Stop' }" in script
        assert script.index("Get-Recipient") < script.index("catch {") < script.index("Disconnect-ExchangeOnline")


class TestTargetPage:
    def test_shows_each_step_and_the_answer_of_the_last(self, browser: Client, run: Run) -> None:
        page = browser.get(f"/targets/{target_at(run, 0).pk}/").content.decode()
        assert "Its 3 steps" in page
        assert "Result of step 3" in page
        assert "Get-Recipient 1" in page
        assert "Get-Mailbox 1" not in page
        assert f'href="/targets/{target_at(run, 0).pk}/objects.jsonl?step=3"' in page

    def test_shows_the_answer_of_the_step_that_is_asked_for(self, browser: Client, run: Run) -> None:
        page = browser.get(f"/targets/{target_at(run, 0).pk}/?step=1").content.decode()
        assert "Result of step 1" in page
        assert "Get-Mailbox 2" in page

    @pytest.mark.parametrize("asked", ["2", "9", "x", ""])
    def test_of_one_that_stopped_says_what_was_not_sent_and_shows_what_was_answered(
        self, browser: Client, run: Run, asked: str
    ) -> None:
        page = browser.get(f"/targets/{target_at(run, 1).pk}/?step={asked}").content.decode()
        assert "not sent" in page
        assert "Result of step 1" in page
        assert "Get-Mailbox 0" in page

    def test_says_with_which_step_an_organization_ended(self, browser: Client, run: Run) -> None:
        said = [browser.get(f"/targets/{target_at(run, position).pk}/").context["outcome"] for position in (0, 1)]
        assert said == ["Exchange carried all 3 steps out.", "Exchange answered step 2 of 3 and said no."]
        RunTarget.objects.filter(run=run, position=1).update(state=S.ERRORED)
        page = browser.get(f"/targets/{target_at(run, 1).pk}/")
        assert "No usable answer came to step 2 of 3." in page.context["outcome"]

    def test_each_steps_objects_are_downloaded_with_an_event(self, browser: Client, run: Run) -> None:
        target = target_at(run, 0)
        lines = browser.get(f"/targets/{target.pk}/objects.jsonl?step=1").content.decode().splitlines()
        assert lines == [f'{{"Name":"Get-Mailbox {number}"}}' for number in range(3)]
        assert len(browser.get(f"/targets/{target.pk}/objects.jsonl").content.splitlines()) == 2
        assert AuditEvent.objects.filter(action="export.downloaded", target_id=str(target.pk)).count() == 2


class TestResults:
    def test_rows_say_which_step_brought_them_and_one_can_be_chosen(self, browser: Client, run: Run) -> None:
        page = browser.get(f"/runs/{run.pk}/results/")
        assert page.context["total"] == 11
        assert page.context["heads"][0].name == "Step"
        one = browser.get(f"/runs/{run.pk}/results/?step=3", follow=True)
        assert [row.cells[1].text for row in one.context["rows"]] == ["Get-Recipient 0", "Get-Recipient 1"] * 2
        assert [chip.current for chip in one.context["step_chips"]] == [False, False, False, True]

    def test_an_object_is_found_behind_those_of_earlier_steps(self, browser: Client, run: Run) -> None:
        prepare_rows(run)
        assert "Get-Mailbox 2" in browser.get(f"/runs/{run.pk}/results/0/3/").content.decode()
        assert "Get-Recipient 0" in browser.get(f"/runs/{run.pk}/results/0/4/").content.decode()
        assert browser.get(f"/runs/{run.pk}/results/0/6/").status_code == 404

    def test_are_the_same_when_they_are_unfolded_again(self, run: Run) -> None:
        before = prepare_rows(run).row_count
        fold_run(run.pk)
        assert prepare_rows(run).row_count == before == 11

    def test_files_name_the_step_of_every_row(self, run: Run) -> None:
        assert "Step" in result_columns(actor=SYSTEM, run_id=run.pk)
        rows = list(result_rows(actor=SYSTEM, run_id=run.pk))
        assert [(row["Step"], row["Name"]) for row in rows[3:6]] == [
            (3, "Get-Recipient 0"),
            (3, "Get-Recipient 1"),
            (1, "Get-Mailbox 0"),
        ]

    def test_a_run_of_one_step_has_no_such_column(self) -> None:
        one = make_run_of_steps("Get-Mailbox", ended=[DONE[:1]])
        assert "Step" not in result_columns(actor=SYSTEM, run_id=one.pk)


def test_answers_are_compared_over_all_steps(run: Run) -> None:
    other = make_run_of_steps(*STEPS, ended=[DONE, STOPPED, DONE])
    changed = target_at(other, 0).results.get(step=1)
    changed.sha256 = "0" * 64
    changed.save(update_fields=["sha256"])
    for position in range(3):
        target = target_at(other, position)
        target.organization = target_at(run, position).organization
        target.save(update_fields=["organization"])
    pairs = compared(actor=SYSTEM, run=other, earlier=run)
    assert [pair.change for pair in pairs] == [Change.STILL_FAILS, Change.ANSWER_DIFFERS, Change.SAME]
