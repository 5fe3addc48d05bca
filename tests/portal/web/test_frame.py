"""The frame of every page: rail, partner, runs in progress, theme, keys."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.web import shell
from tests.factories import make_partner, make_person, make_run

RING = "/runs-in-progress/ring/"
HTMX = {"HX-Request": "true"}


def test_one_run_in_progress_leads_to_it(technician: User, signed_in: Callable[[User], Client]) -> None:
    run = make_run(
        state=RunState.RUNNING, organizations=4, states=[TargetState.SUCCEEDED, TargetState.FAILED, TargetState.QUEUED]
    )
    page = signed_in(technician).get("/cmdlets/").content.decode()
    ring = page[page.index('id="runs-ring"') :].split("</div>")[0]
    assert f'href="/runs/{run.pk}/"' in ring
    assert 'stroke-dasharray="75 100"' in ring
    assert "3 of 4 organizations done" in ring


def test_several_runs_in_progress_lead_to_their_list(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.RUNNING)
    make_run(state=RunState.QUEUED)
    ring = signed_in(technician).get(RING, headers=HTMX).content.decode()
    assert 'href="/#runs-in-progress"' in ring
    assert '<strong class="number">2</strong>' in ring


def test_a_poll_that_knows_the_state_already_gets_nothing(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(technician)
    make_run(state=RunState.RUNNING)
    found = re.search(r"seen=([\d-]+)", client.get(RING, headers=HTMX).content.decode())
    assert found
    assert client.get(RING, {"seen": found[1]}, headers=HTMX).status_code == 204
    make_run(state=RunState.RUNNING)
    assert client.get(RING, {"seen": found[1]}, headers=HTMX).status_code == 200


def test_the_ring_asks_as_often_for_many_runs_as_for_one(
    technician: User, signed_in: Callable[[User], Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(technician)
    for _ in range(2):
        make_run(state=RunState.RUNNING)
        with django_assert_num_queries(5):  # session, person with grants, global stop, runs, their targets
            client.get(RING, headers=HTMX)


def test_who_may_not_read_runs_sees_no_ring(db: None, signed_in: Callable[[User], Client]) -> None:
    make_run(state=RunState.RUNNING)
    client = signed_in(make_person(None))
    assert "runs-ring" not in client.get("/").content.decode()
    assert "in progress" not in client.get(RING, headers=HTMX).content.decode()


def test_the_bar_names_the_partner(technician: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(technician)
    assert 'class="partner"' not in client.get("/cmdlets/").content.decode()
    make_partner(name="Alpine <IT>")
    assert ">Alpine &lt;IT&gt;</span>" in client.get("/cmdlets/").content.decode()
    make_partner(name="Zulu")
    assert "Alpine &lt;IT&gt; and 1 more" in client.get("/cmdlets/").content.decode()


def test_a_theme_is_remembered_and_written_by_the_server(technician: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(technician)
    answer = client.post("/theme/", {"theme": "dark", "back": "/cmdlets/?q=mailbox"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cmdlets/?q=mailbox")
    assert '<html lang="en" data-theme="dark">' in client.get("/cmdlets/").content.decode()
    client.post("/theme/", {"theme": "system"})
    assert "data-theme" not in client.get("/cmdlets/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", "system"])
def test_a_theme_that_does_not_exist_means_the_systems(
    technician: User, signed_in: Callable[[User], Client], theme: str
) -> None:
    client = signed_in(technician)
    client.cookies["theme"] = theme
    assert "data-theme" not in client.get("/cmdlets/").content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_choosing_a_theme_never_leads_away(technician: User, signed_in: Callable[[User], Client], back: str) -> None:
    answer = signed_in(technician).post("/theme/", {"theme": "dark", "back": back})
    assert answer.headers["Location"] == "/"


def test_the_theme_cookie_is_secure_where_sessions_are(
    technician: User, signed_in: Callable[[User], Client], settings: Settings
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = signed_in(technician).post("/theme/", {"theme": "dark"}).cookies["theme"]
    assert cookie["secure"]
    assert cookie["httponly"]


def test_the_keys_have_a_page_of_their_own(technician: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(technician).get("/help/keys/").content.decode()
    main = page[page.index("<main") :].split("</main>")[0]
    assert "<kbd>g</kbd> <kbd>r</kbd></dt><dd>Runs</dd>" in main
    assert "Audit" not in main


def test_every_page_of_the_rail_has_a_key_of_its_own() -> None:
    keys = [entry.key for entry in shell.ENTRIES]
    assert len(set(keys)) == len(keys)
