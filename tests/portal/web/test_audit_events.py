from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, record, write
from tests.factories import SYSTEM

LIST = reverse("audit:events")
NOON = datetime(2027, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def browser(auditor: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(auditor)


def happen(
    action: AuditAction = AuditAction.RUN_TARGET_ENDED,
    *,
    name: str = "Contoso",
    at: datetime = NOON,
    run_id: UUID | None = None,
) -> AuditEvent:
    target = Object("run target", "7", name, organization_id=uuid4(), organization_name=name, run_id=run_id)
    with transaction.atomic():
        return record(action, actor=SYSTEM, target=target, data={"state": "failed"}, occurred_at=at)


def shown(client: Client, **filters: str) -> list[str]:
    page = client.get(LIST, filters)
    assert page.status_code == 200
    return [event.target_label for event in page.context["page"].rows]


def test_the_newest_event_comes_first_with_its_sentence(browser: Client) -> None:
    happen(name="Older", at=NOON)
    happen(name="Newer", at=NOON + timedelta(seconds=1))
    answer = browser.get(LIST, {"organization": "er"})
    assert [event.target_label for event in answer.context["page"].rows] == ["Newer", "Older"]
    assert "in Newer: failed" in answer.content.decode()


def test_each_filter_keeps_what_it_names(browser: Client) -> None:
    run_id = uuid4()
    happen(name="Alpha", at=NOON)
    happen(name="Beta", at=NOON + timedelta(days=1), run_id=run_id)
    happen(AuditAction.CMDLET_INTENDED, name="Gamma", at=NOON + timedelta(days=2))
    assert shown(browser, action="cmdlet.intended") == ["Gamma"]
    assert shown(browser, organization="ALPH") == ["Alpha"]
    assert shown(browser, run=str(run_id)) == ["Beta"]
    assert shown(browser, since="2027-03-06", until="2027-03-06") == ["Beta"]
    assert shown(browser, until="2027-03-05") == ["Alpha", *shown(browser, action="person.signed_in")]
    assert shown(browser, actor="nobody of this name") == []


@pytest.mark.parametrize(
    "query",
    [
        {"run": "x"},
        {"since": "never"},
        {"until": "9999-12-31"},
        {"action": "x"},
        {"cursor": "rubbish"},
        {"cursor": "WyJhIiwgIngiXQ"},
    ],
)
def test_unreadable_filters_never_break_the_page(browser: Client, query: dict[str, str]) -> None:
    happen()
    assert browser.get(LIST, query).status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(browser: Client) -> None:
    with transaction.atomic():
        write(
            [
                draft(
                    AuditAction.RUN_TARGET_ENDED,
                    actor=SYSTEM,
                    target=Object("run target", str(number), str(number)),
                    occurred_at=NOON + timedelta(seconds=number // 7),
                )
                for number in range(120)
            ]
        )
    seen: list[str] = []
    cursor = ""
    while True:
        page = browser.get(LIST, {"cursor": cursor, "action": "run_target.ended"}).context["page"]
        seen += [event.target_label for event in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert sorted(seen, key=int) == [str(number) for number in range(120)]


def test_the_number_of_queries_does_not_grow(browser: Client) -> None:
    def queries(number: int) -> int:
        for _ in range(number):
            happen()
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(LIST).status_code == 200
        return len(captured)

    assert queries(10) == queries(30)


def test_an_event_has_a_page_with_every_fact(browser: Client) -> None:
    event = happen(run_id=uuid4())
    page = browser.get(reverse("audit:event", args=[event.pk])).content.decode()
    for fact in (event.pk, event.run_id, "run_target.ended", "2027-03-05 12:00:00 UTC", "Contoso", "task"):
        assert str(fact) in page
    assert "&quot;state&quot;: &quot;failed&quot;" in page


def test_names_of_organizations_are_never_markup(browser: Client) -> None:
    event = happen(name="<script>alert(1)</script>")
    for path in (LIST, reverse("audit:event", args=[event.pk])):
        assert "<script>alert" not in browser.get(path).content.decode()
