"""A target's page: what exactly happened in this organization?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.results.bodies import pack_exchanges
from jobs.runs.events import target_as_object
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.web.again import LOOK_FIRST
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import record
from tests.factories import SYSTEM, make_organizations, make_result, make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def make_target(rows: list[dict[str, Any]] | None = None, effect: str = "read", **values: Any) -> RunTarget:
    run = make_run(organizations=1, rows=rows or [], effect=effect)
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
                method="app_certificate_thumbprint",
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

    def test_query_count_does_not_grow(self, browser: Client) -> None:
        target, now = make_target(rows=[{"Name": "x"}]), timezone.now()
        browser.get(f"/targets/{target.pk}/")

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.get(f"/targets/{target.pk}/")
            return len(captured)

        before = queries()
        for number in range(2, 7):
            Attempt.objects.create(run_target=target, number=number, fence=number, worker="w", claimed_at=now)
            make_run(organizations=[target.organization], launched_at=now - timedelta(days=number))

        assert queries() == before

    def test_every_gap_has_its_length(self, browser: Client) -> None:
        target = make_target()
        at = target.queued_at
        for number, seconds in ((1, 2), (2, 30)):
            Attempt.objects.create(
                run_target=target,
                number=number,
                fence=number,
                worker="w",
                claimed_at=at + timedelta(seconds=seconds),
                ended_at=at + timedelta(seconds=seconds + 3),
                outcome="deferred" if number == 1 else "succeeded",
            )

        told = browser.get(f"/targets/{target.pk}/").context["stories"]

        assert [step.after for story in told for step in story.steps] == ["2.0 s", "3.0 s", "25 s", "3.0 s"]


class TestOutcome:
    @pytest.mark.parametrize(
        ("error_class", "code", "detail", "heading"),
        [
            ("object_not_found", "Ex6F9304", "couldn't be found", "Microsoft's own text"),
            ("partly_done", "", "one of two failed", "Microsoft's own text"),
            ("connection_lost", "", "Server disconnected", "Details"),
            ("signalbox_fault", "", "KeyError", "Details"),
            ("role_missing", "403", "no body", "Details"),
        ],
    )
    def test_only_microsofts_text_is_called_microsofts(
        self, browser: Client, error_class: str, code: str, detail: str, heading: str
    ) -> None:
        target = make_target(state=TargetState.FAILED, error_class=error_class, error_code=code, error_detail=detail)

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert f"<h2>{heading}" in page
        assert ("Microsoft&#x27;s own text" in page or "Microsoft's own text" in page) is heading.startswith("Micro")

    @pytest.mark.parametrize(
        ("state", "error_class", "effect", "offered"),
        [
            (TargetState.FAILED, "object_not_found", "create", True),
            (TargetState.SUCCEEDED, "", "read", True),
            (TargetState.UNKNOWN, "gateway_timeout", "absolute_set", False),
            (TargetState.FAILED, "partly_done", "create", False),
            (TargetState.DENIED, "", "read", False),
        ],
    )
    def test_launching_again_is_offered_only_where_it_does_no_harm(
        self,
        browser: Client,
        signed_in: SignIn,
        auditor: User,
        state: str,
        error_class: str,
        effect: str,
        offered: bool,
    ) -> None:
        target = make_target(state=state, error_class=error_class, effect=effect)
        Run.objects.filter(pk=target.run_id).update(counts={state: 1})
        url = f"/targets/{target.pk}/"
        words = "Launch again here" if state == TargetState.SUCCEEDED else "Retry here"

        assert (words in browser.get(url).content.decode()) is offered
        assert words not in signed_in(auditor).get(url).content.decode()

    def test_launching_again_chooses_this_organization_alone(self, browser: Client) -> None:
        run = make_run(organizations=3, states=[TargetState.SUCCEEDED, TargetState.UNKNOWN])
        target = run.targets.get(position=0)

        response = browser.get(browser.get(f"/targets/{target.pk}/").context["again_url"])

        assert response.context["form"].where.organization_ids == [target.organization_id]
        assert "outcome there is unknown" not in response.content.decode()

    def test_a_retry_names_this_organization_alone(self, browser: Client) -> None:
        run = make_run(organizations=3, states=[TargetState.FAILED])
        target = run.targets.get(position=1)

        page = browser.get(f"/targets/{target.pk}/").content.decode()

        assert f'action="/runs/{run.pk}/retry/"' in page
        assert f'<input type="hidden" name="organization" value="{target.organization_id}">' in page

    def test_unknown_says_what_to_check_first(self, browser: Client) -> None:
        target = make_target(state=TargetState.UNKNOWN, error_class="worker_lost_after_sending")

        assert "Check first:" in browser.get(f"/targets/{target.pk}/").content.decode()


class TestNeighbours:
    def test_previous_and_next_organization_of_the_run(self, browser: Client) -> None:
        first, second, third = make_run(organizations=3).targets.order_by("position")

        seen = browser.get(f"/targets/{second.pk}/").context
        ends = [browser.get(f"/targets/{target.pk}/").context for target in (first, third)]

        assert (seen["previous"].id, seen["following"].id) == (first.pk, third.pk)
        assert (ends[0]["previous"], ends[1]["following"]) == (None, None)

    def test_earlier_runs_of_the_same_cmdlet_here_newest_first(self, browser: Client) -> None:
        now, places = timezone.now(), make_organizations(1)
        runs = [make_run(organizations=places, launched_at=now - timedelta(days=days)) for days in range(9)]
        make_run(organizations=places, cmdlet="Get-Mailbox", launched_at=now - timedelta(days=1))
        make_run(launched_at=now - timedelta(days=1))

        earlier = browser.get(f"/targets/{runs[1].targets.get().pk}/").context["earlier"]

        assert [target.run for target in earlier] == runs[2:8]


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

    def test_pages_through_all_objects(self, browser: Client) -> None:
        target = make_target(rows=[{f"Column{n}": row for n in range(20)} for row in range(1, 251)])
        url = f"/targets/{target.pk}/"

        pages = [browser.get(f"{url}{query}") for query in ("", "?row=101", "?row=201", "?row=9999", "?row=x")]

        shown = [(page.context["table"].first, page.context["table"].last) for page in pages]
        assert shown == [(1, 100), (101, 200), (201, 250), (1, 100), (1, 100)]
        assert pages[1].context["table"].rows[0][0] == "101"
        assert "Objects 101 to 200 of 250, 8 of 20 columns" in pages[1].content.decode()
        assert pages[0].context["table"].next_url == "?row=101#result"
        assert pages[2].context["table"].next_url == ""

    def test_columns_are_chosen_and_kept_while_paging(self, browser: Client) -> None:
        target = make_target(rows=[{f"Column{n}": n for n in range(20)}] * 150)

        table = browser.get(f"/targets/{target.pk}/?column=Column19&column=Column3&column=None").context["table"]

        assert table.columns == ["Column3", "Column19"]
        assert "column=Column19" in table.next_url

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


def test_open_target_says_when_the_next_attempt_is_due(browser: Client) -> None:
    target = make_run(state=RunState.RUNNING, organizations=1).targets.get()
    RunTarget.objects.filter(pk=target.pk).update(not_before=timezone.now() + timedelta(minutes=5))

    assert "The next attempt is due" in browser.get(f"/targets/{target.pk}/").content.decode()
