"""A target's page: what exactly happened in this organization?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.results.bodies import pack_exchanges
from jobs.runs.events import target_as_object
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.web.again import LOOK_FIRST
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import record
from tests.factories import SYSTEM, make_person, make_result, make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def make_target(rows: list[dict[str, Any]] | None = None, **values: Any) -> RunTarget:
    run = make_run(organizations=1, rows=rows or [])
    target = run.targets.get()
    RunTarget.objects.filter(pk=target.pk).update(**values)
    target.refresh_from_db()
    return target


def sent(
    target: RunTarget, rows: list[dict[str, Any]], *, error_class: str, answered: bool, intended: bool = True
) -> None:
    """Give `target` one attempt whose requests are kept."""
    attempt = make_result(target, rows).attempt
    attempt.error_class = error_class
    attempt.intended_at = attempt.intended_at if intended else None
    attempt.answered_at = attempt.answered_at if answered else None
    attempt.save(update_fields=["error_class", "intended_at", "answered_at"])


class TestStory:
    def test_failure_is_explained_with_its_fix(self, browser: Client) -> None:
        target = make_target(state=TargetState.FAILED, error_class="object_not_found", error_detail="<b>no bob</b>")

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert "Exchange answered and said no." in page
        assert "Object does not exist" in page
        assert "What to do:" in page
        assert "&lt;b&gt;no bob&lt;/b&gt;" in page

    def test_unknown_says_that_it_may_have_been_carried_out(self, browser: Client) -> None:
        target = make_target(state=TargetState.UNKNOWN, error_class="worker_lost_after_sending")

        assert "it may or may not have been carried out" in browser.get(f"/targets/{target.pk}/").content.decode()

    def test_an_unknown_change_is_not_called_safe_to_repeat(self, browser: Client) -> None:
        target = make_target(state=TargetState.UNKNOWN, error_class="gateway_timeout")
        Run.objects.filter(pk=target.run_id).update(cmdlet="New-DistributionGroup", effect="create")

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert LOOK_FIRST in page
        assert "Safe to try again" not in page

    @pytest.mark.parametrize("answered", [False, True], ids=["timeout", "gateway timeout"])
    def test_a_lost_read_was_sent_and_brought_nothing(self, browser: Client, answered: bool) -> None:
        target = make_target(state=TargetState.ERRORED, error_class="gateway_timeout")
        sent(target, rows=[], error_class="gateway_timeout", answered=answered)

        response = browser.get(f"/targets/{target.pk}/")
        page = response.content.decode()

        assert "The cmdlet was sent, and no usable answer came. It only reads, so nothing was changed." in page
        assert "Nothing was sent" not in page
        assert "without objects" not in page
        assert "objects.jsonl" not in page
        assert "Safe to try again." in page
        assert ("Answered" in {step.word for step in response.context["stories"][0].steps}) is answered
        assert browser.get(f"/targets/{target.pk}/objects.jsonl").status_code == 409

    @pytest.mark.parametrize("error_class", ["no_consent", "unreachable"])
    def test_what_never_left_was_not_sent(self, browser: Client, error_class: str) -> None:
        target = make_target(state=TargetState.ERRORED, error_class=error_class)
        sent(target, rows=[], error_class=error_class, answered=False, intended=error_class == "unreachable")

        assert (
            "Exchange could not be asked. Nothing was sent." in browser.get(f"/targets/{target.pk}/").content.decode()
        )

    def test_a_change_that_was_turned_away_is_not_said_to_be_unsent(self, browser: Client) -> None:
        target = make_target(state=TargetState.ERRORED, error_class="throttled")
        Run.objects.filter(pk=target.run_id).update(effect="create")
        sent(target, rows=[], error_class="throttled", answered=True)

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert "The cmdlet was sent, and turned away before it ran." in page
        assert "Safe to try again." in page

    def test_nothing_to_change_is_not_called_carried_out(self, browser: Client) -> None:
        target = make_target(state=TargetState.SUCCEEDED, error_class="no_change_needed")

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert "Exchange was asked, and nothing had to be changed." in page
        assert "carried the cmdlet out" not in page
        assert "Trying again" not in page

    def test_every_attempt_has_its_steps_wait_and_connection(self, browser: Client) -> None:
        target, now = make_target(), timezone.now()
        for number in (1, 2):
            attempt = Attempt.objects.create(
                run_target=target,
                number=number,
                fence=number + 4,
                worker="host:1",
                claimed_at=now,
                connected_at=now,
                ended_at=now,
                outcome="deferred",
                error_class="throttled",
                retry_after_seconds=17,
                request_id=f"req-{number}",
            )
            Connection.objects.create(
                id=uuid4(),
                attempt=attempt,
                organization_id=target.organization_id,
                service="exo",
                method="app-only certificate",
                identity="application A",
                opened_by="host:1",
                opened_at=now,
                closed_at=now,
                closed_by="host:1",
                close_reason="Exchange is throttling",
            )

        response = browser.get(f"/targets/{target.pk}/")
        page = response.content.decode()

        assert [s.attempt.number for s in response.context["stories"]] == [1, 2]
        assert [step.word for step in response.context["stories"][1].steps] == [
            "Claimed",
            "Connected",
            "Connection closed",
            "Outcome stored",
        ]
        assert "by host:1, fence 6" in page
        assert "req-2" in page
        assert "Waited 17 s" in page
        assert "as application A" in page

    def test_raw_exchange_is_shown_as_text(self, browser: Client) -> None:
        target = make_target(rows=[{"Name": "x"}])
        result = target.results.get()
        exchange = {
            "method": "POST",
            "url": "https://host.example/InvokeCommand",
            "request_headers": {"X-Test": "<i>"},
            "request_body": '{"a":1}',
            "status": 200,
            "response_body": "not json",
            "response_body_truncated": True,
            "duration_ms": 5,
        }
        result.exchanges = pack_exchanges([exchange])
        result.save(update_fields=["exchanges"])

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert "X-Test: &lt;i&gt;" in page
        assert "cut at 64 kB" in page

    def test_events_only_for_those_who_may_read_them(self, browser: Client, signed_in: SignIn, auditor: User) -> None:
        target = make_target()
        data = {"attempt": 1, "fence": 1}
        record(AuditAction.RUN_TARGET_CLAIMED, actor=SYSTEM, target=target_as_object(target), data=data)
        sentence = AuditEvent.objects.get(action="run_target.claimed").sentence

        assert sentence in signed_in(auditor).get(f"/targets/{target.pk}/").content.decode()
        assert sentence not in browser.get(f"/targets/{target.pk}/").content.decode()

    @pytest.mark.parametrize("number", [1, 5])
    def test_query_count_does_not_grow(
        self, browser: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        target, now = make_target(state=TargetState.SUCCEEDED), timezone.now()
        for index in range(number):
            Attempt.objects.create(run_target=target, number=index, fence=index, worker="w", claimed_at=now)

        with django_assert_num_queries(8):
            browser.get(f"/targets/{target.pk}/")


class TestResult:
    def test_nested_values_are_readable(self, browser: Client) -> None:
        rows = [{"Name": f"<{n}>", "On": True, "List": ["a", "b"], "Nested": {"K": {"x": [1, 2]}}} for n in "ab"]
        target = make_target(rows=rows)

        response = browser.get(f"/targets/{target.pk}/")

        assert response.context["table"].rows[0] == ["<a>", "yes", "a\nb", "K: x: 1, 2"]
        assert "&lt;a&gt;" in response.content.decode()
        assert "<a></td>" not in response.content.decode()

    def test_one_object_stands_upright_with_all_columns(self, browser: Client) -> None:
        target = make_target(rows=[{f"Column{n}": n for n in range(40)}])

        table = browser.get(f"/targets/{target.pk}/").context["table"]

        assert table.upright
        assert len(table.rows) == 40

    def test_says_what_is_left_out(self, browser: Client) -> None:
        target = make_target(rows=[{f"Column{n}": n for n in range(20)}] * 201)

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert "the first 200 of 201 objects, 12 of 20 columns" in page

    def test_download_holds_every_object_and_is_recorded(self, browser: Client) -> None:
        target = make_target(rows=[{"Name": str(n)} for n in range(300)])

        response = browser.get(f"/targets/{target.pk}/objects.jsonl")

        assert [orjson.loads(line)["Name"] for line in response.content.splitlines()] == [str(n) for n in range(300)]
        assert AuditEvent.objects.filter(action="export.downloaded", target_id=str(target.pk)).count() == 1

    def test_nothing_to_download(self, browser: Client) -> None:
        assert browser.get(f"/targets/{make_target().pk}/objects.jsonl").status_code == 409

    def test_download_needs_the_right(self, signed_in: SignIn, approver: User) -> None:
        target, browser = make_target(rows=[{"Name": "x"}]), signed_in(approver)

        assert browser.get(f"/targets/{target.pk}/objects.jsonl").status_code == 403
        assert "objects.jsonl" not in browser.get(f"/targets/{target.pk}/").content.decode()


@pytest.mark.parametrize("part", ["", "objects.jsonl"])
class TestAccess:
    def test_not_signed_in(self, client: Client, part: str) -> None:
        assert client.get(f"/targets/{make_target().pk}/{part}").status_code == 302

    def test_without_a_role(self, signed_in: SignIn, part: str) -> None:
        assert signed_in(make_person(None)).get(f"/targets/{make_target().pk}/{part}").status_code == 403

    def test_wrong_method(self, browser: Client, part: str) -> None:
        assert browser.post(f"/targets/{make_target().pk}/{part}").status_code == 405

    def test_unknown(self, browser: Client, part: str) -> None:
        assert browser.get(f"/targets/00000000-0000-7000-8000-000000000000/{part}").status_code == 404


def test_open_target_says_when_the_next_attempt_is_due(browser: Client) -> None:
    target = make_run(state=RunState.RUNNING, organizations=1).targets.get()
    RunTarget.objects.filter(pk=target.pk).update(not_before=timezone.now() + timedelta(minutes=5))

    assert "The next attempt is due" in browser.get(f"/targets/{target.pk}/").content.decode()
