"""Variables from a table: shown before they are set; what is wrong is said by line, and then nothing is saved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.core.tables import read_table
from tenants.variables.imports import UnreadableVariables, read_variables
from tenants.variables.selectors import stored_values
from tenants.variables.services import Setting, set_variables
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db
IMPORT = reverse("tenants:variables-import")


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def read(text: str) -> Any:
    return read_variables(SYSTEM, read_table(text.encode()))


def test_organizations_are_named_by_domain_or_tenant_id_and_empty_cells_change_nothing() -> None:
    a, b, c = make_organizations(3)
    set_variables(actor=SYSTEM, settings=[Setting(a.pk, "desk", "old"), Setting(b.pk, "desk", "same")])
    text = f"domain,desk,site\n{a.default_domain.upper()},new,\n{b.tenant_id},same,MUC\n{c.initial_domain},,BER\n"
    table = read(text)
    assert [(x.line, x.organization.pk, x.name, x.value, x.before) for x in table.changes] == [
        (2, a.pk, "desk", "new", "old"),
        (3, b.pk, "site", "MUC", None),
        (4, c.pk, "site", "BER", None),
    ]
    assert (table.unchanged, table.troubles) == (1, [])


def test_every_wrong_line_is_named_with_what_to_do() -> None:
    a = make_organizations(1, default_domain="alpha.example")[0]
    make_organizations(1, default_domain="gone.example", name="Gone", vanished_at=timezone.now())
    for _ in range(2):
        make_organizations(1, default_domain="twins.example")
    text = (
        "domain,desk\nalpha.example,x\nalpho.example,x\nalpha.example,y\n"
        f"twins.example,x\n,x\ngone.example,x\n\nbeta.example,x,y\n{'z' * 100},{'v' * 1001}\n"
    )
    table = read(text)
    sentences = {trouble.line: trouble.sentence for trouble in table.troubles}
    assert sentences[3] == "No organization is called “alpho.example”. Nearest are: alpha.example."
    assert sentences[4] == f"{a.name} stands in line 2 already. Keep one of the lines."
    assert "tenant id" in sentences[5]
    assert "missing" in sentences[6]
    assert sentences[7] == "Gone is no longer one of your organizations."
    assert "beta.example" in sentences[9]
    assert "z…" in sentences[10]


@pytest.mark.parametrize(
    ("text", "words"),
    [("domain\na.example", "first row"), ("domain,Desk!\na.example,x", "lower-case"), ("domain,a,a\nx,1,2", "twice")],
)
def test_a_first_row_without_variables_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnreadableVariables, match=words):
        read(text)


def test_values_of_a_line_are_checked() -> None:
    place = make_organizations(1)[0]
    table = read(f"domain,desk\n{place.default_domain},{'v' * 1001}")
    assert [trouble.line for trouble in table.troubles] == [2]
    assert "Shorten" in table.troubles[0].sentence


def test_nothing_is_set_before_the_second_yes(browser: Client) -> None:
    place = make_organizations(1, name="Umlaut")[0]
    content = f"domain;desk\n{place.default_domain};Müller, “Söhne” & Co\n".encode("cp1252")
    page = browser.post(IMPORT, {"file": SimpleUploadedFile("v.csv", content)})
    assert page.status_code == 200
    assert "Read as Windows-1252" in page.content.decode()
    assert stored_values([place.pk]) == {}
    confirmed = {"text": page.context["text"], "confirmed": page.context["table"].fingerprint}
    assert browser.post(IMPORT, confirmed).status_code == 303
    assert stored_values([place.pk]) == {(place.pk, "desk"): "Müller, “Söhne” & Co"}


def test_what_changed_meanwhile_is_shown_again(browser: Client) -> None:
    place = make_organizations(1)[0]
    page = browser.post(IMPORT, {"text": f"domain,desk\n{place.default_domain},new"})
    set_variables(actor=SYSTEM, settings=[Setting(place.pk, "desk", "meanwhile")])
    confirmed = {"text": page.context["text"], "confirmed": page.context["table"].fingerprint}
    again = browser.post(IMPORT, confirmed)
    assert again.status_code == 200
    assert "meanwhile" in again.content.decode()
    assert stored_values([place.pk]) == {(place.pk, "desk"): "meanwhile"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file, or paste the table."),
        ({"file": SimpleUploadedFile("v.xlsx", b"PK\x03\x04rest")}, "workbook"),
        ({"file": SimpleUploadedFile("v.csv", b"\x00\x01\x02\x03binary")}, "cannot be used"),
        ({"text": "domain,desk\nnobody.example,x"}, "1 line must be corrected; nothing was saved"),
    ],
)
def test_what_cannot_be_used_is_said(browser: Client, data: dict[str, Any], words: str) -> None:
    answer = browser.post(IMPORT, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_what_was_pasted_is_kept_on_an_error(browser: Client) -> None:
    answer = browser.post(IMPORT, {"text": "domain,desk\nnobody.example,kept <b>"})
    assert "nobody.example,kept &lt;b&gt;</textarea>" in answer.content.decode()


def test_a_variable_is_set_in_all_that_match_after_showing_what_changes(browser: Client) -> None:
    a, b = make_organizations(2, reachability="reachable")
    make_organizations(1)
    set_variables(actor=SYSTEM, settings=[Setting(a.pk, "desk", "x")])
    path = f"{reverse('tenants:variable-set')}?match=all&reachability=reachable"
    typed = {"name": "desk", "value": "x"}
    shown = browser.post(path, typed)
    assert (shown.context["effect"].added, shown.context["effect"].unchanged) == (1, 1)
    assert stored_values([b.pk]) == {}
    other = browser.post(path, {"name": "desk", "value": "y", "confirmed": shown.context["seal"]})
    assert other.status_code == 200
    assert stored_values([b.pk]) == {}
    assert browser.post(path, {**typed, "confirmed": shown.context["seal"]}).status_code == 303
    assert stored_values([b.pk]) == {(b.pk, "desk"): "x"}
    assert browser.post(path, {"name": "Desk", "value": "x"}).status_code == 422
    assert browser.get(f"{reverse('tenants:variable-set')}?match=all&reachability=x").status_code == 303


def test_those_who_may_only_read_do_not_import(auditor: User, signed_in: Callable[[User], Client]) -> None:
    assert signed_in(auditor).get(IMPORT).status_code == 403
