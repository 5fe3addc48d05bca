import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
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


def titles(page: str) -> list[str]:
    found = re.findall(r'<span class="figure">(\d+)</span> (.+?)</h2>', page)
    return [f"{number} {unescape(title)}" for number, title in found]


def test_a_new_installation_shows_the_steps(administrator: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(administrator).get("/").content.decode()
    assert page.count('class="panel') >= 5
    assert "Connect your partner tenant" in page
    assert "/app-registrations/partners/connect/" in page


def test_only_the_next_step_has_an_action(administrator: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(administrator)

    def actions() -> list[str]:
        page = client.get("/").content.decode().split('<ol class="steps">')[1].split("</ol>")[0]
        return re.findall(r'<a class="btn btn-primary" href="(.+?)"', page)

    assert actions() == ["/app-registrations/partners/connect/"]
    partner = make_partner()
    assert actions() == [f"/app-registrations/partners/{partner.pk}/add/"]
    app_registration = make_app_registration(partner, certificate=False)
    assert actions() == [f"/app-registrations/{app_registration.pk}/"]
    make_certificate(app_registration)
    assert actions() == [f"/app-registrations/partners/{partner.pk}/sign-in/"]
    store_partner_sign_in(actor=SYSTEM, partner=partner, user_principal_name="svc@x.example", refresh_token="x")
    assert actions() == ["/organizations/"]


def test_a_person_without_a_role_is_told_so(db: None, signed_in: Callable[[User], Client]) -> None:
    make_organizations(1)
    page = signed_in(make_person(None)).get("/").content.decode()
    assert "You hold no role yet" in page
    assert "Set Signalbox up" not in page


def test_a_person_without_the_right_sees_steps_without_actions(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(technician).get("/").content.decode()
    assert "an administrator takes them" in page
    assert "/app-registrations/partners/connect/" not in page


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
    page = signed_in(administrator).get("/").content.decode()
    assert titles(page) == [
        "2 outcomes unknown",
        "3 organizations not reachable",
        "1 relationship ends within 30 days",
        "1 certificate expires within 60 days",
    ]
    assert f"/runs/{run.pk}/?state=unknown" in page
    causes = re.findall(r'<span class="number">(\d+)</span><a href="(.+?)"', page)
    assert causes == [
        ("2", "/organizations/?reachability=unreachable&amp;cause=no_consent"),
        ("1", "/organizations/?reachability=unreachable&amp;cause=blocked"),
    ]


def test_nothing_to_do_is_said(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_organizations(1, reachability="reachable")
    page = signed_in(technician).get("/").content.decode()
    assert "Nothing needs you" in page
    assert "No run is in progress." in page


def test_runs_in_progress_show_how_far_they_are(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.RUNNING, organizations=5, states=[TargetState.SUCCEEDED, TargetState.RUNNING])
    page = signed_in(technician).get("/").content.decode()
    assert '<progress value="3" max="5"' in page
    assert "3 of 5 organizations done" in page


def test_htmx_gets_only_the_runs_in_progress(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.RUNNING)
    answer = signed_in(technician).get("/", headers={"HX-Request": "true", "HX-Target": "runs-in-progress"})
    fragment = answer.content.decode()
    assert fragment.strip().startswith("<section")
    assert 'id="runs-in-progress"' in fragment
    assert 'hx-trigger="every 2s"' in fragment


def test_polling_ends_with_the_last_run(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.SUCCEEDED)
    answer = signed_in(technician).get("/", headers={"HX-Request": "true", "HX-Target": "runs-in-progress"})
    assert "hx-trigger" not in answer.content.decode()


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
