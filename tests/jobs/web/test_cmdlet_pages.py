"""The catalogue's pages: finding a cmdlet, and what its page says."""

from collections.abc import Callable

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.factories import make_person, make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


class TestSearch:
    def test_finds_a_cmdlet_from_abbreviations(self, browser: Client) -> None:
        page = browser.get("/cmdlets/", {"q": "mbx perm"}).content.decode()

        assert 'href="/cmdlets/Add-MailboxPermission/"' in page

    def test_facets_narrow_and_stay_in_the_links_of_others(self, browser: Client) -> None:
        response = browser.get("/cmdlets/", {"q": "mailbox", "risk": "destructive"})

        assert {row.cmdlet.risk for row in response.context["found"].rows} == {"destructive"}
        assert all("q=mailbox" in value.query for value in response.context["facets"]["verb"])
        assert "risk=" not in next(v for v in response.context["facets"]["risk"] if v.chosen).query

    def test_says_how_many_are_not_shown(self, browser: Client) -> None:
        response = browser.get("/cmdlets/")

        assert response.context["found"].number == 941
        assert "941 cmdlets, the first 50 shown" in response.content.decode()

    def test_picked_organizations_go_along(self, browser: Client) -> None:
        picked = "0190a0a0-0000-7000-8000-000000000001"

        page = browser.get("/cmdlets/", {"q": "get-mailbox", "organization": picked}).content.decode()
        detail = browser.get("/cmdlets/Get-Mailbox/", {"organization": picked, "q": "x"})

        assert f'href="/cmdlets/Get-Mailbox/?organization={picked}"' in page
        assert detail.context["launch_url"] == f"/cmdlets/Get-Mailbox/launch/?organization={picked}"

    def test_nothing_found_offers_to_clear(self, browser: Client) -> None:
        assert "No cmdlet fits" in browser.get("/cmdlets/", {"q": "mailbox", "verb": "Frobnicate"}).content.decode()

    def test_htmx_gets_only_the_results(self, browser: Client) -> None:
        page = browser.get("/cmdlets/", {"q": "oof"}, headers={"HX-Request": "true", "HX-Target": "found"})

        assert page.content.decode().strip().startswith('<div class="listing" id="found">')

    @pytest.mark.parametrize("text", ["\x00", "<script>alert(1)</script>", "'\"%", "x" * 5000])
    def test_hostile_text_is_only_text(self, browser: Client, text: str) -> None:
        response = browser.get("/cmdlets/", {"q": text})

        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


class TestCmdlet:
    def test_is_found_in_any_case(self, browser: Client) -> None:
        assert "<h1>Set-Mailbox</h1>" in browser.get("/cmdlets/set-MAILBOX/").content.decode()

    def test_unknown_name_is_404_with_the_nearest(self, browser: Client) -> None:
        response = browser.get("/cmdlets/Set-Malbox/")

        assert response.status_code == 404
        assert 'href="/cmdlets/Set-Mailbox/"' in response.content.decode()

    def test_shows_recent_runs_of_this_cmdlet_only(self, browser: Client) -> None:
        shown, other = make_run(cmdlet="Get-Mailbox"), make_run(cmdlet="Get-User")

        page = browser.get("/cmdlets/Get-Mailbox/").content.decode()

        assert f"/runs/{shown.pk}/" in page
        assert f"/runs/{other.pk}/" not in page

    def test_retired_cmdlet_says_so_and_cannot_be_launched(self, browser: Client) -> None:
        response = browser.get("/cmdlets/Connect-ExchangeOnline/")

        assert not response.context["can_launch"]
        assert "which Signalbox does itself" in response.content.decode()

    def test_launch_button_is_absent_without_the_right(self, signed_in: SignIn, auditor: User) -> None:
        page = signed_in(auditor).get("/cmdlets/Get-Mailbox/").content.decode()

        assert "/launch/" not in page


@pytest.mark.parametrize("url", ["/cmdlets/", "/cmdlets/Get-Mailbox/"])
class TestAccess:
    def test_not_signed_in(self, client: Client, url: str) -> None:
        assert client.get(url).status_code == 302

    def test_without_a_role(self, signed_in: SignIn, url: str) -> None:
        assert signed_in(make_person(None)).get(url).status_code == 403

    def test_wrong_method(self, browser: Client, url: str) -> None:
        assert browser.post(url).status_code == 405
