"""The search over everything: what it finds, in which order, for whom, and where it jumps."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.catalogue.cmdlets import find
from jobs.runs.states import RunState
from jobs.saved.services import Definition, create_job
from portal.accounts.models import User
from portal.core.actors import Source
from tests.factories import make_group, make_organizations, make_person, make_run

HTMX = {"HX-Request": "true", "HX-Target": "suggestions"}


def found(page: str) -> dict[str, list[str]]:
    """What a result page lists, by kind."""
    main = page[page.index("<main") :].split("</main>")[0]
    sections = re.findall(r'<h2 id="found-\d+">(.+?)</h2>(.+?)</section>', main, re.DOTALL)
    return {
        title: [
            unescape(re.sub("<.+?>", "", word)) for word in re.findall(r'<li data-row><a href=".+?">(.+?)</a>', body)
        ]
        for title, body in sections
    }


def suggested(page: str) -> list[str]:
    return [unescape(re.sub("<.+?>", "", word)) for word in re.findall(r'role="option".*?><span>(.+?)</span>', page)]


@pytest.mark.parametrize(
    "words", ["customer", "GET-ACCEPTEDDOMAIN", "%_\\", "\0", " ", "\ud800", "x" * 5000, "abcdef", "'"]
)
def test_searching_never_fails(technician: User, signed_in: Callable[[User], Client], words: str) -> None:
    make_organizations(10)
    text = words.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert signed_in(technician).get("/search/", {"q": text}).status_code == 200
    assert signed_in(technician).get("/search/", {"q": text}, headers=HTMX).status_code == 200


def test_every_kind_is_found(technician: User, signed_in: Callable[[User], Client]) -> None:
    person = make_person(username="accepta")
    organization = make_organizations(1, name="Accepted Freight")[0]
    make_organizations(1, name="Other")
    make_group("Accepted partners", [organization])
    run = make_run(organizations=[organization], requested_by=technician)
    job = create_job(
        actor=technician.as_actor(Source.WEB),
        name="Accepted domains, monthly",
        description="",
        shared=True,
        definition=Definition.of_forms(find("Get-AcceptedDomain"), QueryDict("where=all")),
    )
    kinds = found(signed_in(technician).get("/search/", {"q": "accepte"}).content.decode())
    assert kinds["Jobs"] == [job.name]
    assert kinds["Organizations"] == ["Accepted Freight"]
    assert kinds["Organization groups"] == ["Accepted partners"]
    assert "Get-AcceptedDomain" in kinds["Cmdlets"]
    assert kinds["Runs"] == [str(run)]
    assert "People" not in kinds
    assert found(signed_in(technician).get("/search/", {"q": "accepta"}).content.decode())["People"] == [str(person)]


@pytest.mark.parametrize("words", ["quarterly TICKET-7", "set-mailbox quarterly", "person ticket-7"])
def test_a_run_is_found_by_the_words_that_were_written_about_it(
    technician: User, signed_in: Callable[[User], Client], words: str
) -> None:
    run = make_run(cmdlet="Set-Mailbox", reason="quarterly check", ticket="TICKET-7", requested_by=technician)
    make_run(cmdlet="Set-Mailbox", reason="another")
    make_run(cmdlet="Set-Mailbox", reason="quarterly", ticket="TICKET-7", state=RunState.DRAFT)
    assert found(signed_in(technician).get("/search/", {"q": words}).content.decode())["Runs"] == [str(run)]


def test_the_nearest_organization_comes_first(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_organizations(1, name="A Contoso reseller")
    make_organizations(1, name="Alpha", default_domain="contoso-alpha.example")
    make_organizations(1, name="Contoso")
    make_organizations(1, name="Contoso Zulu")
    page = signed_in(technician).get("/search/", {"q": "contoso"}, headers=HTMX).content.decode()
    assert suggested(page)[:4] == ["Contoso", "Contoso Zulu", "Alpha", "A Contoso reseller"]


def test_what_is_exact_is_opened_at_once(technician: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(technician)
    organization = make_organizations(1)[0]
    run = make_run()
    for text in (
        str(organization.tenant_id),
        organization.tenant_id.hex,
        organization.initial_domain,
        f" {organization.default_domain.upper()} ",
    ):
        assert client.get("/search/", {"q": text}).headers["Location"] == f"/organizations/{organization.pk}/", text
    for text in (str(run.pk), str(run.pk)[:30]):
        assert client.get("/search/", {"q": text}).headers["Location"] == f"/runs/{run.pk}/", text
    assert client.get("/search/", {"q": organization.default_domain}, headers=HTMX).status_code == 200
    assert client.get("/search/", {"q": str(uuid4())}).status_code == 200


def test_matches_are_marked_and_foreign_text_is_escaped(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_organizations(1, name="<b>Con</b>toso & Söhne")
    page = signed_in(technician).get("/search/", {"q": "söhne <b>"}).content.decode()
    assert "<mark>&lt;b&gt;</mark>Con&lt;/b&gt;toso &amp; <mark>Söhne</mark>" in page


def test_who_holds_no_role_finds_nothing(signed_in: Callable[[User], Client], db: None) -> None:
    make_person(username="customer")
    organization = make_organizations(1)[0]
    make_run()
    client = signed_in(make_person(None))
    assert found(client.get("/search/", {"q": "customer"}).content.decode()) == {}
    assert found(client.get("/search/", {"q": "accepted"}).content.decode()) == {}
    assert client.get("/search/", {"q": str(organization.tenant_id)}).status_code == 200


def test_nothing_found_says_what_was_searched(technician: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(technician).get("/search/", {"q": "zzqqxxyy"}).content.decode()
    assert "Nothing found" in page
    assert "Try fewer or shorter words" in page


def test_more_than_is_shown_leads_to_the_list(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_organizations(30, name="Contoso")
    page = signed_in(technician).get("/search/", {"q": "contoso"}).content.decode()
    assert len(found(page)["Organizations"]) == 20
    assert re.search(r'href="/organizations/\?\w+=contoso">Show all', page)


def test_the_number_of_queries_does_not_grow(technician: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(technician)

    def queries(number: int) -> int:
        for organization in make_organizations(number, name="Contoso"):
            make_group(f"Contoso {organization.pk}", [organization])
            make_run(organizations=[organization], reason="contoso")
            make_person(username=f"contoso{organization.pk}")
        with CaptureQueriesContext(connection) as captured:
            assert len(suggested(client.get("/search/", {"q": "contoso"}, headers=HTMX).content.decode())) >= 4
        return len(captured)

    assert queries(1) == queries(8)
