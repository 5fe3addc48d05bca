"""The catalogue's pages: finding a cmdlet, and what its page says."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.catalogue.cmdlets import all_cmdlets, find
from portal.accounts.models import User
from tests.factories import make_person, make_run

QUERIES = 9  # session and person, frame of the page, saved filters, own latest runs
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
        found = browser.get("/cmdlets/", {"q": "mailbox", "risk": "destructive"}).context["found"]
        facets = {facet.title: facet.options for facet in found.facets}

        assert {row.cmdlet.risk for row in found.rows} == {"destructive"}
        assert all("q=mailbox" in option.url and "risk=destructive" in option.url for option in facets["Verb"])
        assert "risk=" not in next(option for option in facets["Risk"] if option.current).url

    def test_a_count_is_the_number_of_cmdlets_that_the_value_leaves(self, browser: Client) -> None:
        found = browser.get("/cmdlets/", {"q": "mailbox", "risk": "change"}).context["found"]

        for facet in found.facets:
            for option in facet.options[:3]:
                if not option.current:
                    narrowed = browser.get(f"/cmdlets/{option.url}").context["found"]
                    assert narrowed.number == option.count, (facet.title, option.word)

    def test_every_cmdlet_is_reached_by_paging(self, browser: Client) -> None:
        url, names = "/cmdlets/?all=1", []
        while url:
            found = browser.get(url).context["found"]
            names += [row.cmdlet.name for row in found.rows]
            url = f"/cmdlets/{found.next_url}" if found.next_url else ""

        assert sorted(set(names)) == sorted(cmdlet.name for cmdlet in all_cmdlets())
        assert len(names) == 941

    @pytest.mark.parametrize("cursor", ["x", "-50", "99999999999", "1000", "²"])
    def test_a_page_that_is_not_there_is_the_first(self, browser: Client, cursor: str) -> None:
        assert browser.get("/cmdlets/", {"cursor": cursor}).context["found"].first == 1

    @pytest.mark.parametrize(
        ("text", "name", "parameter"),
        [
            ("mbx perm", "Add-MailboxPermission", None),
            ("set-mailbx", "Set-Mailbox", None),
            ("forwarding adress", "Set-Mailbox", "ForwardingSmtpAddress"),
        ],
    )
    def test_marks_what_was_typed(self, browser: Client, text: str, name: str, parameter: str | None) -> None:
        rows = browser.get("/cmdlets/", {"q": text}).context["found"].rows
        row = next(row for row in rows if row.cmdlet.name == name)
        pieces = dict(row.matched)[parameter] if parameter else row.name

        assert "".join(piece.text for piece in pieces) == (parameter or name)
        assert [piece.text for piece in pieces if piece.is_hit]

    def test_a_filter_that_makes_no_sense_is_named(self, browser: Client) -> None:
        response = browser.get("/cmdlets/", {"q": "mailbox", "verb": "Frobnicate", "colour": "red"})
        page = response.content.decode()

        assert response.context["found"].rows
        assert "Verb “Frobnicate” was ignored." in page
        assert "“colour” was ignored" in page

    def test_own_cmdlets_come_first_while_nothing_is_asked(self, browser: Client, technician: User) -> None:
        make_run(cmdlet="Get-Mailbox", requested_by=technician)
        make_run(cmdlet="Get-Mailbox", requested_by=technician)
        make_run(cmdlet="Set-Mailbox", requested_by=technician)
        make_run(cmdlet="Get-User")

        used = browser.get("/cmdlets/").context["used"]

        assert [(cmdlet.name, cmdlet.times) for cmdlet in used] == [("Get-Mailbox", 2), ("Set-Mailbox", 1)]
        assert browser.get("/cmdlets/", {"q": "x"}).context["used"] == []

    @pytest.mark.parametrize("number", [1, 30])
    def test_query_count_does_not_grow(
        self, browser: Client, technician: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for index in range(number):
            make_run(cmdlet=all_cmdlets()[index].name, requested_by=technician)

        with django_assert_num_queries(QUERIES):
            browser.get("/cmdlets/")

    def test_picked_organizations_go_along(self, browser: Client) -> None:
        picked = "0190a0a0-0000-7000-8000-000000000001"

        page = browser.get("/cmdlets/", {"q": "get-mailbox", "organization": picked}).content.decode()
        detail = browser.get("/cmdlets/Get-Mailbox/", {"organization": picked, "q": "x"})

        assert f'href="/cmdlets/Get-Mailbox/?organization={picked}"' in page
        assert detail.context["launch_url"] == f"/cmdlets/Get-Mailbox/launch/?organization={picked}"

    def test_a_filter_over_organizations_goes_along_in_one_piece(self, browser: Client) -> None:
        arrived = browser.get("/cmdlets/", {"match": "all", "q": "school", "reachability": "reachable"})

        response = browser.get(f"/cmdlets/{arrived.headers['Location']}")
        detail = browser.get(f"/cmdlets/Get-Mailbox/{response.context['picked'].query}")

        assert response.context["text"] == ""
        assert detail.context["launch_url"] == (
            "/cmdlets/Get-Mailbox/launch/?match=all&q=school&reachability=reachable"
        )

    def test_nothing_found_offers_to_clear(self, browser: Client) -> None:
        assert "No cmdlet fits" in browser.get("/cmdlets/", {"q": "quarantine", "noun": "InboxRule"}).content.decode()

    def test_htmx_gets_only_the_results(self, browser: Client) -> None:
        page = browser.get("/cmdlets/", {"q": "oof"}, headers={"HX-Request": "true", "HX-Target": "found"})

        assert page.content.decode().strip().startswith('<div id="found">')

    @pytest.mark.parametrize("text", ["\x00", "<script>alert(1)</script>", "'\"%", "x" * 5000])
    def test_hostile_text_is_only_text(self, browser: Client, text: str) -> None:
        response = browser.get("/cmdlets/", {"q": text})

        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


class TestCmdlet:
    def test_is_found_in_any_case(self, browser: Client) -> None:
        assert "<title>Set-Mailbox ·" in browser.get("/cmdlets/set-MAILBOX/").content.decode()

    def test_sets_stand_side_by_side(self, browser: Client) -> None:
        matrix = browser.get("/cmdlets/Get-Mailbox/").context["matrix"]
        cells = {
            row.name: dict(zip([s.name for s in matrix.columns], row.cells, strict=True)) for row in matrix.telling
        }

        assert cells["Anr"] == {"AnrSet": "optional", "Identity": "", "MailboxPlanSet": ""}
        assert cells["Identity"]["Identity"] == "optional"
        assert "ResultSize" in {row.name for row in matrix.common}

    def test_parameters_are_searched_by_name_and_alias(self, browser: Client) -> None:
        matrix = browser.get("/cmdlets/Set-Mailbox/", {"parameter": "forward"}).context["matrix"]

        names = {row.name for row in (*matrix.telling, *matrix.common)}
        assert names == {"DeliverToMailboxAndForward", "ForwardingAddress", "ForwardingSmtpAddress"}

    def test_every_parameter_has_an_address(self, browser: Client) -> None:
        page = browser.get("/cmdlets/Set-Mailbox/").content.decode()

        assert all(f'id="p-{name}"' in page for name in find("Set-Mailbox").parameters)

    @pytest.mark.parametrize(
        ("name", "way_back"),
        [
            ("Get-Mailbox", "Nothing to undo: it changes nothing."),
            ("Enable-InboxRule", "Disable-InboxRule"),
            ("New-TransportRule", "Remove-TransportRule"),
            ("Set-Mailbox", "Get-Mailbox"),
            ("Remove-Mailbox", "None: it cannot be undone."),
        ],
    )
    def test_says_whether_there_is_a_way_back(self, browser: Client, name: str, way_back: str) -> None:
        facts = browser.get(f"/cmdlets/{name}/").context["facts"]
        fact = next(fact for fact in facts if fact.title == "Way back")

        assert way_back in f"{fact.words} {fact.cmdlet}"

    def test_every_page_is_shown(self, browser: Client) -> None:
        wrong = [c.name for c in all_cmdlets()[::25] if browser.get(f"/cmdlets/{c.name}/").status_code != 200]

        assert wrong == []

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
