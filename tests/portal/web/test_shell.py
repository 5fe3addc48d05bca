import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.policy import Role
from tests.factories import make_person

PAGES = [
    "/",
    "/search/",
    "/organizations/",
    "/organizations/groups/",
    "/app-registrations/",
    "/connections/",
    "/connections/failures/",
    "/connections/failures/no_consent/",
    "/audit/",
    "/status/",
    "/help/keys/",
    "/styleguide/",
]
INLINE = re.compile(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_inline_style_or_script(
    administrator: User, signed_in: Callable[[User], Client], path: str
) -> None:
    answer = signed_in(administrator).get(path)
    assert answer.status_code == 200
    assert not INLINE.search(answer.content.decode())
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "style-src 'self';" in f"{policy};"


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (
            Role.SENIOR_TECHNICIAN,
            [
                "Home",
                "Organizations",
                "Cmdlets",
                "Jobs",
                "Runs",
                "Approvals",
                "Exports",
                "Connections",
                "Status",
                "Stop everything",
            ],
        ),
        (
            Role.APPROVER,
            [
                "Home",
                "Organizations",
                "Cmdlets",
                "Runs",
                "Approvals",
                "Exports",
                "Audit",
                "Connections",
                "Status",
                "Stop everything",
            ],
        ),
        (
            Role.AUDITOR,
            [
                "Home",
                "Organizations",
                "Cmdlets",
                "Runs",
                "Approvals",
                "Exports",
                "Audit",
                "People",
                "Connections",
                "Status",
            ],
        ),
        (None, ["Home"]),
    ],
)
@pytest.mark.django_db
def test_the_rail_names_what_the_person_may_open(
    signed_in: Callable[[User], Client], role: Role | None, words: list[str]
) -> None:
    page = signed_in(make_person(role)).get("/").content.decode()
    rail = page[page.index('<nav class="rail"') :].split("</nav>")[0]
    assert re.findall(r'<span class="rail-word">(.+?)</span>', rail) == words


def test_the_rail_marks_the_present_page(technician: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(technician).get("/organizations/groups/").content.decode()
    marked = re.findall(r'<a class="rail-link"[^>]*aria-current="page"[^>]*>.*?rail-word">(.+?)<', page, re.DOTALL)
    assert set(marked) == {"Organizations"}


def test_a_simulated_cloud_shows_on_every_page(db: None, client: Client, settings: Settings) -> None:
    settings.MICROSOFT_BASE_URLS = {"O365China": {"login_url": ""}}
    assert "A simulated cloud stands in" not in client.get("/sign-in/").content.decode()
    settings.MICROSOFT_BASE_URLS = {"O365China": {"login_url": "https://127.0.0.1:1"}}
    assert "A simulated cloud stands in" in client.get("/sign-in/").content.decode()


def test_pages_of_signed_in_people_are_kept_out_of_caches(
    technician: User, signed_in: Callable[[User], Client]
) -> None:
    assert "no-store" in signed_in(technician).get("/")["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "current"),
    [("/connections/", "Ledger"), ("/connections/failures/", "Failures"), ("/app-registrations/", "App registrations")],
)
def test_pages_about_connections_share_their_tabs(
    administrator: User, signed_in: Callable[[User], Client], path: str, current: str
) -> None:
    page = signed_in(administrator).get(path).content.decode()

    tabs = page[page.index('<nav class="tabs"') :].split("</nav>")[0]
    assert re.findall(r'aria-current="page">([\w ]+)<', tabs) == [current]
    assert re.findall(r'href="(.+?)"', tabs)[-1] == "/connections/failures/"
