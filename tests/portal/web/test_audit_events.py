from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.categories import CATEGORIES, actions_of
from portal.audit.event_filter import EventFilter, filtered_events
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, record, write
from portal.audit.web.objects import object_url
from portal.core.actors import Source
from portal.core.filters import Choice
from portal.core.permissions import Permission
from tests.factories import SYSTEM, holding

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


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("run=x", "Run id “x” was ignored. It is no id of a run."),
        ("since=never", "From “never” was ignored. Write a day as 2027-03-31."),
        ("since=2027-03-05&until=2027-03-01", "from 5 March 2027 to 1 March 2027 runs backwards"),
        ("action=x", "Action “x” was ignored. Choose one from the list."),
        ("cursor=rubbish", "The place in the list could not be read"),
        ("organisation=x", "“organisation” was ignored: this list has no such filter."),
    ],
)
def test_says_what_it_ignores_and_why(browser: Client, query: str, sentence: str) -> None:
    happen()
    assert sentence in browser.get(f"{LIST}?{query}").content.decode()


def test_an_auditor_reaches_a_customers_last_month_in_three_clicks(browser: Client) -> None:
    last_month = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    event = happen(name="Contoso", at=last_month)
    happen(name="Contoso", at=last_month - timedelta(days=40))
    happen(name="Fabrikam", at=last_month)

    in_month = next(option for option in choices(browser, "") if option.word == "last month")
    assert "Contoso" in browser.get(f"{LIST}{in_month.url}").context["organization_names"]
    page = browser.get(f"{LIST}{in_month.url}&organization=conto")

    assert [row.pk for row in page.context["page"].rows] == [event.pk]
    assert [chip.words for chip in page.context["form"].chips()] == ["in conto", "last month"]


def choices(browser: Client, query: str) -> list[Choice]:
    return [option for row in browser.get(f"{LIST}{query}").context["choices"] for option in row.options]


def test_every_month_is_one_click_and_lets_go_with_the_next(browser: Client) -> None:
    now = datetime.now(UTC)
    happen(name="Now", at=now)
    months = choices(browser, "?organization=now")[4:16]

    assert len({month.word[:3] for month in months}) == 12
    shown_month = browser.get(f"{LIST}{months[0].url}")
    assert [row.target_label for row in shown_month.context["page"].rows] == ["Now"]
    assert f"in {now:%B %Y}" in [chip.words for chip in shown_month.context["form"].chips()]
    again = choices(browser, months[0].url)[4]
    assert again.current
    assert "since" not in again.url


def test_every_action_belongs_to_one_category() -> None:
    found = [action for category in CATEGORIES for action in actions_of(category)]

    assert sorted(found) == sorted(AuditAction)


def test_an_organization_is_found_by_id_and_named(browser: Client) -> None:
    event, other = happen(name="Contoso"), happen(name="Fabrikam")

    page = browser.get(LIST, {"organization": str(event.organization_id)})

    assert [row.pk for row in page.context["page"].rows] == [event.pk]
    assert page.context["form"].chips()[0].words == "in Contoso"
    assert shown(browser, organization=str(other.organization_id)) == ["Fabrikam"]
    assert shown(browser, organization=str(uuid4())) == []
    assert shown(browser, organization="nobody") == []


def test_mine_are_those_done_by_me_or_for_me(browser: Client, auditor: User) -> None:
    actor = auditor.as_actor(Source.WEB)
    place = Object("run target", "7", "Contoso")
    with transaction.atomic():
        record(AuditAction.CMDLET_INTENDED, actor=SYSTEM, target=place, data={"on_behalf_of": actor.label})
        record(AuditAction.CMDLET_INTENDED, actor=SYSTEM, target=place, data={"on_behalf_of": "somebody else"})

    page = browser.get(LIST, {"mine": "on", "category": "cmdlets"}).context["page"]

    assert [event.data["on_behalf_of"] for event in page.rows] == [actor.label]


def test_an_event_leads_to_its_object_and_to_what_happened_around_it(browser: Client) -> None:
    run_id, target_id = uuid4(), uuid4()
    target = Object("run target", str(target_id), "Contoso", organization_id=uuid4(), organization_name="Contoso")
    with transaction.atomic():
        event = record(
            AuditAction.RUN_TARGET_ENDED, actor=SYSTEM, target=replace(target, run_id=run_id), occurred_at=NOON
        )

    page = browser.get(reverse("audit:event", args=[event.pk])).content.decode()

    assert f'href="/targets/{target_id}/"' in page
    assert f'href="{LIST}?run={run_id}"' in page
    assert f"?organization={event.organization_id}&amp;since=2027-03-01&amp;until=2027-03-31" in page


def test_an_object_with_a_strange_id_has_no_link() -> None:
    assert object_url(draft(AuditAction.RUN_STARTED, actor=SYSTEM, target=Object("run", "7", "x"))) == ""


def test_a_person_is_found_by_what_was_done_and_by_what_was_done_for_them(browser: Client, technician: User) -> None:
    place, tess = Object("run target", "7", "Contoso"), technician.as_actor(Source.WEB)
    with transaction.atomic():
        own = record(AuditAction.RUN_LAUNCHED, actor=tess, target=place)
        done_for = record(AuditAction.CMDLET_INTENDED, actor=SYSTEM, target=place, data={"on_behalf_of": tess.label})
        renamed = record(AuditAction.RUN_LAUNCHED, actor=replace(tess, label="Tess Married (tess)"), target=place)
        record(AuditAction.CMDLET_INTENDED, actor=SYSTEM, target=place, data={"on_behalf_of": "Somebody"})

    found = browser.get(LIST, {"actor": tess.label}).context

    assert {event.pk for event in found["page"].rows} == {own.pk, done_for.pk}
    assert {tess.label, "Tess Married (tess)", "Somebody"} <= set(found["people_names"])
    mine = filtered_events(actor=holding(Permission, actor=tess), wanted=EventFilter(mine=True))
    assert set(mine.values_list("pk", flat=True)) == {own.pk, done_for.pk, renamed.pk}
