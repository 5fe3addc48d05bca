import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.catalogue.cmdlets import find
from jobs.runs.states import RunState, TargetState, Verdict
from jobs.saved.drafts import keep_launch_draft
from portal.accounts.models import User
from portal.core.actors import Source
from tenants.partner.services import store_partner_sign_in
from tests.factories import (
    SYSTEM,
    make_app_registration,
    make_certificate,
    make_organizations,
    make_partner,
    make_person,
    make_run,
)

HTMX = {"HX-Request": "true"}


def titles(page: str) -> list[str]:
    found = re.findall(r'<span class="figure">(\d+)</span> (.+?)</h2>', page)
    return [f"{number} {unescape(title)}" for number, title in found]


def step_actions(page: str) -> list[str]:
    return [
        unescape(url) for url in re.findall(r'<a class="btn btn-primary" href="(.+?)"', page[page.index("<main") :])
    ]


def test_a_new_installation_shows_five_steps(administrator: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(administrator).get("/").content.decode()
    assert "Set Signalbox up" in page
    titles = [
        "Connect the app registration",
        "Read your organizations",
        "Test connections",
        "Launch your first run",
        "Invite colleagues",
    ]
    assert re.findall(r'<div class="step-text">\s+<h2>(.+?)</h2>', page) == titles
    assert "python manage.py create_administrator NAME" in page


def test_only_the_next_step_has_an_action(administrator: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(administrator)

    def actions() -> list[str]:
        return step_actions(client.get("/").content.decode())

    assert actions() == ["/app-registrations/partners/connect/"]
    partner = make_partner()
    assert actions() == [f"/app-registrations/partners/{partner.pk}/add/"]
    app_registration = make_app_registration(partner, certificate=False)
    assert actions() == [f"/app-registrations/{app_registration.pk}/"]
    make_certificate(app_registration)
    assert actions() == [f"/app-registrations/partners/{partner.pk}/sign-in/"]
    store_partner_sign_in(actor=SYSTEM, partner=partner, user_principal_name="svc@x.example", refresh_token="x")
    assert actions() == ["/organizations/"]
    organization = make_organizations(1, partner=partner)[0]
    assert actions() == ["/connections/test/?match=all"]
    organization.reachability = "reachable"
    organization.save(update_fields=["reachability"])
    assert actions() == ["/cmdlets/"]
    make_run(organizations=[organization])
    assert "Set Signalbox up" not in client.get("/").content.decode()


def test_colleagues_are_invited_once_a_second_person_may_sign_in(
    administrator: User, signed_in: Callable[[User], Client]
) -> None:
    assert "create_administrator" in signed_in(administrator).get("/").content.decode()
    make_person()
    assert "create_administrator" not in signed_in(administrator).get("/").content.decode()


def test_a_person_without_a_role_is_told_so(db: None, signed_in: Callable[[User], Client]) -> None:
    make_organizations(1)
    page = signed_in(make_person(None)).get("/").content.decode()
    assert "You hold no role yet" in page
    assert "Set Signalbox up" not in page


def test_who_may_not_take_a_step_is_told_who_takes_it(technician: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(technician).get("/").content.decode()
    assert "An administrator takes this step." in page
    assert step_actions(page) == []


def test_cards_come_in_order_of_urgency(administrator: User, signed_in: Callable[[User], Client]) -> None:
    partner = make_partner()
    now = timezone.now()
    make_organizations(
        2,
        partner=partner,
        reachability="unreachable",
        reachability_class="no_consent",
        reachability_reason="No consent",
        reachability_fix="Grant it.",
    )
    make_organizations(
        1, partner=partner, reachability="unreachable", reachability_class="blocked", reachability_reason="Blocked"
    )
    make_organizations(1, partner=partner, relationship_state="active", relationship_ends_at=now + timedelta(days=29))
    make_organizations(1, partner=partner, relationship_state="active", relationship_ends_at=now + timedelta(days=31))
    make_organizations(1, partner=partner, relationship_state="ended", relationship_ends_at=now - timedelta(days=1))
    app_registration = make_app_registration(partner)
    make_certificate(app_registration, days=59)
    make_certificate(app_registration, days=61)
    run = make_run(state=RunState.FAILED, organizations=3, states=[TargetState.UNKNOWN, TargetState.FAILED])
    run.targets.filter(state=TargetState.UNKNOWN).update(verdict=Verdict.NEEDS_PERSON)
    found_out = make_run(organizations=2, states=[TargetState.UNKNOWN])
    found_out.targets.update(verdict=Verdict.APPLIED)
    failed = make_run(state=RunState.FAILED, states=[TargetState.FAILED], requested_by=administrator)
    page = signed_in(administrator).get("/").content.decode()
    assert titles(page) == [
        "2 unknown outcomes need a person",
        "3 organizations not reachable",
        "1 relationship ends within 30 days",
        "1 certificate expires within 60 days",
        "1 run of yours failed",
    ]
    reasons = re.findall(r'<span class="number">(\d+)</span><a href="(.+?)"', page)
    assert [(number, unescape(url)) for number, url in reasons] == [
        ("2", f"/runs/unknown/?verdict=needs_person&run={run.pk}"),
        ("2", "/organizations/?reachability=unreachable&cause=no_consent"),
        ("1", "/organizations/?reachability=unreachable&cause=blocked"),
        ("2", "/organizations/?ends_within=60&sort=ends"),
        ("2", "/organizations/?ends_within=90&sort=ends"),
        ("3", f"/runs/{failed.pk}/"),
    ]


@pytest.mark.parametrize(
    ("days", "title", "tone"), [(6, "7 days", "bad"), (29, "30 days", "partly"), (89, "90 days", "partly")]
)
def test_a_relationship_that_ends_soon_is_more_urgent(
    technician: User, signed_in: Callable[[User], Client], days: int, title: str, tone: str
) -> None:
    make_run()
    ends_at = timezone.now() + timedelta(days=days)
    make_organizations(1, relationship_state="active", relationship_ends_at=ends_at)
    page = signed_in(technician).get("/").content.decode()
    assert titles(page) == [f"1 relationship ends within {title}"]
    assert f"card-signal state-mark state-{tone}" in page


def test_a_failed_run_is_left_until_its_cmdlet_is_launched_again_by_the_same_person(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    client, now = signed_in(technician), timezone.now()
    failed: dict[str, Any] = {"state": RunState.FAILED, "states": [TargetState.FAILED]}
    make_run(**failed, requested_by=make_person())
    make_run(**failed, requested_by=technician, launched_at=now - timedelta(days=15))
    assert titles(client.get("/").content.decode()) == []
    make_run(**failed, requested_by=technician, launched_at=now - timedelta(hours=1))
    assert titles(client.get("/").content.decode()) == ["1 run of yours failed"]
    make_run(cmdlet="Get-Mailbox", requested_by=technician)
    make_run(requested_by=make_person())
    assert titles(client.get("/").content.decode()) == ["1 run of yours failed"]
    make_run(requested_by=technician)
    assert titles(client.get("/").content.decode()) == []


def test_the_outcomes_of_two_weeks_are_a_picture_with_its_table(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    run = make_run(
        state=RunState.PARTLY_FAILED,
        organizations=4,
        states=[TargetState.SUCCEEDED, TargetState.SUCCEEDED, TargetState.FAILED],
    )
    today = timezone.now()
    old = make_run(organizations=9)
    old.targets.update(finished_at=today - timedelta(days=14))
    page = signed_in(technician).get("/").content.decode()
    assert 'aria-label="Outcomes of the last 14 days: 3 succeeded, 1 failed"' in page
    table = page[page.index('class="picture-table"') :].split("</table>")[0]
    assert re.findall(r"<td>(.+?)</td>", table) == [f"{today:%A} {today.day} {today:%B}", "3", "1"]
    assert run.target_count == 4


def test_a_persons_last_cmdlets_are_launched_again_with_one_click(
    technician: User, auditor: User, signed_in: Callable[[User], Client]
) -> None:
    make_run(requested_by=make_person())
    make_run(requested_by=technician, launched_at=timezone.now() - timedelta(hours=1))
    newest = make_run(requested_by=technician)
    other = make_run(cmdlet="Get-Mailbox", requested_by=technician)
    page = signed_in(technician).get("/").content.decode()
    assert re.findall(r'href="(/cmdlets/[\w-]+/launch/.+?)"', page) == [
        f"/cmdlets/Get-Mailbox/launch/?from={other.pk}",
        f"/cmdlets/Get-AcceptedDomain/launch/?from={newest.pk}",
    ]
    assert "Your last cmdlets" not in signed_in(auditor).get("/").content.decode()


def test_nothing_to_do_is_said(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(organizations=make_organizations(1, reachability="reachable"))
    page = signed_in(technician).get("/").content.decode()
    assert "Nothing needs you" in page
    assert "No run is in progress." in page


def test_runs_in_progress_show_how_far_they_are(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.RUNNING, organizations=5, states=[TargetState.SUCCEEDED, TargetState.RUNNING])
    page = signed_in(technician).get("/").content.decode()
    assert 'aria-label="3 succeeded, 2 running"' in page
    assert "3 of 5 organizations done" in page


def test_a_poll_gets_only_the_runs_in_progress(
    technician: User, signed_in: Callable[[User], Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_run(state=RunState.RUNNING)
    client = signed_in(technician)
    with django_assert_num_queries(4):  # session, person with grants, runs, their targets
        fragment = client.get("/runs-in-progress/", headers=HTMX).content.decode()
    assert fragment.strip().startswith("<section")
    assert 'hx-trigger="every 2s"' in fragment


def test_polling_ends_with_the_last_run(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.SUCCEEDED)
    assert "hx-trigger" not in signed_in(technician).get("/runs-in-progress/", headers=HTMX).content.decode()


def test_the_number_of_queries_does_not_grow(administrator: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(administrator)

    def queries(runs: int) -> int:
        for _ in range(runs):
            make_run(state=RunState.RUNNING, organizations=2)
            make_run(state=RunState.FAILED, organizations=2, states=[TargetState.UNKNOWN])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    make_app_registration()
    assert queries(1) == queries(7)


def test_what_a_person_began_to_launch_and_left_is_offered_to_that_person_alone(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    make_run()
    typed = QueryDict("p.Identity=info")
    draft = keep_launch_draft(
        actor=technician.as_actor(Source.WEB), draft_id=uuid4(), cmdlet=find("Set-Mailbox"), data=typed
    )
    assert draft
    assert f"/cmdlets/Set-Mailbox/launch/?draft={draft.pk}" in signed_in(technician).get("/").content.decode()
    assert "Unfinished launches" not in signed_in(make_person()).get("/").content.decode()
