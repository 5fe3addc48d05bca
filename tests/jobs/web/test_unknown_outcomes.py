"""The unknown outcomes: the list, the page of one, what a person decides, and where they are met elsewhere."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.services import NotDecidable, decide
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.purposes import Purpose
from jobs.runs.states import RunState, TargetState, Verdict
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.permissions import PermissionRefused
from portal.exports.listings import Selection, listing_named
from tests.factories import SYSTEM, make_organizations, make_person, make_reconciliation, make_run

pytestmark = pytest.mark.django_db
URL = reverse("jobs:unknown-outcomes")


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def unknown(number: int = 1, *, verdict: str = "", cmdlet: str = "Set-Mailbox", **values: Any) -> Run:
    """Return a run whose outcomes are unknown, each with a look that came to `verdict`."""
    places = make_organizations(number)
    run = make_run(
        state=RunState.PARTLY_FAILED,
        organizations=places,
        states=[TargetState.UNKNOWN],
        cmdlet=cmdlet,
        effect="absolute_set",
        risk="change",
        powershell=f"{cmdlet} -Identity jane -MailTip Away -CustomAttribute1 a -Confirm:$false",
        **values,
    )
    run.targets.update(verdict=verdict)
    reading = make_run(organizations=places, cmdlet="Get-Mailbox", purpose=Purpose.RECONCILIATION, reconciles=run)
    readings = {each.organization_id: each for each in reading.targets.all()}
    for target in run.targets.all():
        make_reconciliation(target, verdict, reading=readings[target.organization_id])
    return run


def page_of(browser: Client, url: str = URL) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


class TestList:
    def test_teaches_what_it_is_while_it_is_empty(self, browser: Client) -> None:
        assert "No outcome is unknown" in page_of(browser)

    def test_says_what_was_sent_what_is_known_and_what_is_there(self, browser: Client) -> None:
        run = unknown(verdict=Verdict.NEEDS_PERSON)
        page = page_of(browser)
        target = run.targets.get()
        for said in (
            target.organization_name,
            "-Identity jane -MailTip Away",
            "Needs a person",
            "MailTip differs from what was sent.",
            "MailTip: Away → –",
            f"{reverse('jobs:target', args=[target.pk])}#unknown",
        ):
            assert said in page, said

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("verdict=needs_person", {"Set-Mailbox"}),
            ("verdict=waiting", {"Set-CASMailbox"}),
            ("cmdlet=cas", {"Set-CASMailbox"}),
            ("organization=nobody", set()),
            ("period=today", {"Set-CASMailbox", "Set-Mailbox"}),
            ("until=2020-01-01", set()),
        ],
    )
    def test_is_narrowed_by_its_address(self, browser: Client, query: str, shown: set[str]) -> None:
        unknown(verdict=Verdict.NEEDS_PERSON)
        unknown(cmdlet="Set-CASMailbox")
        make_run(organizations=1, cmdlet="New-Mailbox", states=[TargetState.FAILED])
        page = page_of(browser, f"{URL}?{query}")
        assert {name for name in ("Set-Mailbox", "Set-CASMailbox", "New-Mailbox") if f"{name}</a>" in page} == shown

    def test_of_one_run_and_of_one_organization(self, browser: Client) -> None:
        first, second = unknown(), unknown()
        page = page_of(browser, f"{URL}?run={first.pk}")
        assert first.targets.get().organization_name in page
        assert second.targets.get().organization_name not in page
        page = page_of(browser, f"{URL}?organization={second.targets.get().organization_id}")
        assert first.targets.get().organization_name not in page

    @pytest.mark.parametrize("sort", ["organization", "-organization", "cmdlet", "verdict", "lost", "-lost"])
    def test_pages_in_any_order_show_each_once(self, browser: Client, sort: str) -> None:
        names = set(unknown(60).targets.values_list("organization_name", flat=True))
        first = browser.get(f"{URL}?sort={sort}").context
        second = browser.get(f"{URL}?sort={sort}&cursor={first['page'].next_cursor}").context
        shown = [row.outcome.target.organization_name for row in [*first["rows"], *second["rows"]]]
        assert len(shown) == 60
        assert set(shown) == names

    def test_costs_as_many_queries_for_40_rows_as_for_4(self, browser: Client) -> None:
        unknown(4)
        page_of(browser)
        with CaptureQueriesContext(
            connection,
        ) as few:
            page_of(browser)
        unknown(36)
        with CaptureQueriesContext(connection) as many:
            page_of(browser)
        assert len(many) == len(few)

    def test_is_exported_with_its_evidence(self) -> None:
        unknown(verdict=Verdict.NEEDS_PERSON)
        unknown(verdict=Verdict.APPLIED)
        listing = listing_named("unknown-outcomes")
        [row] = listing.open(SYSTEM, Selection("", QueryDict("verdict=needs_person"))).rows()
        assert row["Verdict"] == "needs a person"
        assert row["Evidence"].startswith("MailTip: Away → – (differs)")


class TestTarget:
    def test_shows_verdict_evidence_reading_and_how_to_look_oneself(self, browser: Client) -> None:
        plan_parameters = {"Identity": "jane", "MailTip": "Away"}
        run = unknown(verdict=Verdict.NEEDS_PERSON)
        run.plan["steps"][0]["parameters"] = plan_parameters
        run.plan_hash = hash_of(run.plan)
        run.save(update_fields=["plan", "plan_hash"])
        page = page_of(browser, reverse("jobs:target", args=[run.targets.get().pk]))
        for said in (
            "A person has to look.",
            "MailTip differs from what was sent.",
            ">Away</td>",
            "12345-request",
            "Get-Mailbox -Identity &#x27;jane&#x27;",
            "It is as planned",
            "It was not carried out",
        ):
            assert said in page or said.replace("&#x27;", "") in page, said

    def test_can_be_decided_where_the_plan_was_altered_and_proposes_no_line_of_it(self, browser: Client) -> None:
        run = unknown(verdict=Verdict.NEEDS_PERSON)
        Run.objects.filter(pk=run.pk).update(plan={**run.plan, "steps": []})
        page = page_of(browser, reverse("jobs:target", args=[run.targets.get().pk]))
        assert "It was not carried out" in page
        assert "Look yourself" not in page

    def test_shows_nothing_of_it_where_nothing_was_unknown(self, browser: Client) -> None:
        target = make_run(organizations=1).targets.get()
        assert "Was it carried out?" not in page_of(browser, reverse("jobs:target", args=[target.pk]))

    def test_a_reading_leads_to_what_it_looked_into(self, browser: Client) -> None:
        target = unknown().targets.get()
        reading = Reconciliation.objects.get().reading
        assert reading is not None
        page = page_of(browser, reverse("jobs:target", args=[reading.pk]))
        assert f"{reverse('jobs:target', args=[target.pk])}#unknown" in page


class TestDecision:
    def test_stands_beside_the_outcome_and_is_undone_by_a_newer_one(self, browser: Client) -> None:
        target = unknown(verdict=Verdict.NEEDS_PERSON).targets.get()
        url = reverse("jobs:target-decide", args=[target.pk])
        for verdict, words in (("applied", "I saw it there."), ("not_applied", "That was another one.")):
            answer = browser.post(url, {"verdict": verdict, "words": words})
            assert answer.status_code == 303
        target.refresh_from_db()
        assert (target.state, target.verdict) == (TargetState.UNKNOWN, Verdict.NOT_APPLIED)
        page = page_of(browser, reverse("jobs:target", args=[target.pk]))
        assert "I saw it there." in page
        assert "That was another one." in page
        events = AuditEvent.objects.filter(action="run_target.decided").order_by("id")
        assert [event.data["verdict"] for event in events] == ["as planned", "not carried out"]
        assert events[1].data["verdict_before"] == "as planned"

    @pytest.mark.parametrize(
        ("posted", "said"),
        [
            ({"verdict": "applied", "words": " "}, "Say how you know"),
            ({"verdict": "perhaps", "words": "I looked."}, "Say whether it was carried out"),
            ({"verdict": "needs_person", "words": "I looked."}, "Say whether it was carried out"),
            ({"verdict": "applied", "words": "x" * 1001}, "at most 1000 characters"),
        ],
    )
    def test_without_a_reason_or_a_verdict_is_refused_and_nothing_typed_is_lost(
        self, browser: Client, posted: dict[str, str], said: str
    ) -> None:
        target = unknown(verdict=Verdict.NEEDS_PERSON).targets.get()
        answer = browser.post(reverse("jobs:target-decide", args=[target.pk]), posted)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page
        assert posted["words"].strip() in page
        assert Reconciliation.objects.filter(look=None).count() == 0

    def test_about_a_certain_outcome_is_refused(self) -> None:
        target = make_run(organizations=1).targets.get()
        with pytest.raises(NotDecidable, match="certain: succeeded"):
            decide(actor=SYSTEM, target_id=target.pk, verdict="applied", words="I saw it.")

    @pytest.mark.parametrize(
        ("role", "status"),
        [(Role.SENIOR_TECHNICIAN, 303), (Role.PARTNER_ADMINISTRATOR, 303), (Role.APPROVER, 403), (Role.AUDITOR, 403)],
    )
    def test_is_for_those_with_the_right(self, signed_in: Callable[[User], Client], role: Role, status: int) -> None:
        target = unknown(verdict=Verdict.NEEDS_PERSON).targets.get()
        browser = signed_in(make_person(role))
        answer = browser.post(
            reverse("jobs:target-decide", args=[target.pk]), {"verdict": "applied", "words": "I saw it."}
        )
        assert answer.status_code == status
        page = page_of(browser, reverse("jobs:target", args=[target.pk]))
        assert ("How do you know?" in page) == (status == 303)

    def test_the_service_asks_for_the_right_itself(self) -> None:
        target = unknown().targets.get()
        actor = make_person(Role.AUDITOR).as_actor(Source.WEB)
        with pytest.raises(PermissionRefused):
            decide(actor=actor, target_id=target.pk, verdict="applied", words="I saw it.")

    def test_about_what_does_not_exist_is_not_found(self, browser: Client) -> None:
        assert browser.post(reverse("jobs:target-decide", args=[uuid4()]), {"verdict": "applied"}).status_code == 404
        assert browser.get(reverse("jobs:target-decide", args=[uuid4()])).status_code == 405


class TestElsewhere:
    def test_the_page_and_the_row_of_a_run_say_what_was_found_out(self, browser: Client) -> None:
        run = unknown(4, verdict=Verdict.APPLIED)
        RunTarget.objects.filter(pk=run.targets.order_by("position")[0].pk).update(verdict=Verdict.NEEDS_PERSON)
        said = "4 unknown: 1 needs a person, 3 found as planned"
        assert said in page_of(browser, reverse("jobs:run", args=[run.pk]))
        assert said in page_of(browser, reverse("jobs:runs"))

    def test_readings_are_left_out_of_the_runs_until_they_are_asked_for(self, browser: Client) -> None:
        unknown()
        assert "Get-Mailbox</a>" not in page_of(browser, reverse("jobs:runs"))
        page = page_of(browser, f"{reverse('jobs:runs')}?readings=on")
        assert "Get-Mailbox</a>" in page
        assert "Set-Mailbox</a>" not in page

    def test_the_organizations_and_results_of_a_run_carry_the_verdict(self, browser: Client) -> None:
        run = unknown(verdict=Verdict.NOT_APPLIED)
        assert "Not carried out" in page_of(browser, reverse("jobs:run-targets", args=[run.pk]))
        for name in ("run-targets", "run-results"):
            [row] = listing_named(name).open(SYSTEM, Selection(str(run.pk), QueryDict())).rows()
            assert row["Verdict"] == "not_applied", name

    def test_runs_without_unknown_outcomes_cost_no_further_query(self, browser: Client) -> None:
        make_run()
        page_of(browser, reverse("jobs:runs"))
        with CaptureQueriesContext(connection) as without:
            page_of(browser, reverse("jobs:runs"))
        unknown(3)
        unknown(2)
        with CaptureQueriesContext(connection) as with_unknown:
            page_of(browser, reverse("jobs:runs"))
        assert len(with_unknown) == len(without) + 1
