"""Admin consent: a customer's administrator accepts or refuses, and the application is told (2.1)."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.portal.sandbox.clicking import Clicker, technician
from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox

ANSWER = "http://127.0.0.1:8123/connections/consent/answer/"


@pytest.fixture
def clicker(sandbox: Sandbox) -> Iterator[Clicker]:
    with Clicker(sandbox) as clicker:
        yield clicker


def link(sandbox: Sandbox, tenant: str, version: str = "", **more: str) -> str:
    query = {"client_id": sandbox.partner["application_id"], "redirect_uri": ANSWER, "state": "here", **more}
    return f"{sandbox.url}/{tenant}/{version}adminconsent?{urlencode(query)}"


@pytest.mark.parametrize("version", ["", "v2.0/"], ids=["v1", "v2"])
def test_accepted_consent_lets_the_application_in(sandbox: Sandbox, clicker: Clicker, version: str) -> None:
    organization = sandbox.healthy()
    tenant = organization["tenant_id"]
    sandbox.trouble(organization, "app_not_consented")
    more = {"scope": EXCHANGE_SCOPE} if version else {}
    clicker.open(link(sandbox, tenant, version, **more))
    page = clicker.sign_in(f"admin@{organization['initial_domain']}")
    assert page.heading == "Permissions requested"
    assert organization["name"] in page.text
    assert sandbox.delegated(tenant, EXCHANGE_SCOPE).json()["error_codes"] == [65001]
    clicker.press("Accept")
    assert clicker.landed.startswith(ANSWER)
    assert clicker.answer == {"admin_consent": "True", "tenant": tenant, "state": "here", **more}
    assert sandbox.token(organization)
    assert sandbox.control("GET", "logins", params={"kind": "adminconsent"}).json()[0]["tenant"] == tenant


def test_refused_consent_changes_nothing(sandbox: Sandbox, clicker: Clicker) -> None:
    organization = sandbox.healthy()
    sandbox.trouble(organization, "app_not_consented")
    clicker.open(link(sandbox, organization["tenant_id"]))
    clicker.sign_in(f"admin@{organization['initial_domain']}")
    clicker.press("Cancel")
    assert (clicker.answer["error"], clicker.answer["state"]) == ("access_denied", "here")
    assert "AADSTS65004" in clicker.answer["error_description"]
    assert sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).json()["error_codes"] == [65001]


def test_only_a_global_administrator_of_the_organization_may_consent(sandbox: Sandbox, clicker: Clicker) -> None:
    organization = sandbox.healthy()
    clicker.open(link(sandbox, organization["tenant_id"]))
    assert "AADSTS90094" in clicker.sign_in(f"exchange@{organization['initial_domain']}").text
    clicker.open(link(sandbox, organization["tenant_id"]))
    assert "AADSTS50020" in clicker.sign_in(technician(sandbox, "nils")).text
    assert clicker.answer == {}


@pytest.mark.parametrize(
    ("changes", "code"), [({"redirect_uri": "https://elsewhere.example/"}, 50011), ({"client_id": "nobody"}, 700016)]
)
def test_bad_link_is_told_on_the_page(sandbox: Sandbox, changes: dict[str, str], code: int) -> None:
    answer = sandbox.http.get(link(sandbox, sandbox.healthy()["tenant_id"], **changes))
    assert (answer.status_code, f"AADSTS{code}" in answer.text) == (400, True)
