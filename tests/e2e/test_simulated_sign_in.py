"""The simulated sign-in pages in a real browser: what the product's own flows lead people through."""

from collections.abc import Callable
from typing import Any

import msal
import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.live import Sandbox, closed_port

SCOPE = "https://outlook.office365.com/.default"
OpenPage = Callable[..., Page]


@pytest.fixture
def technician(sandbox: Sandbox) -> dict[str, Any]:
    people: list[dict[str, Any]] = sandbox.control("GET", "people")
    return next(person for person in people if person["user_principal_name"].startswith("tess@"))


@pytest.fixture
def tenant(sandbox: Sandbox) -> str:
    found = sandbox.control("GET", "organizations")
    return str(next(o for o in found if not o["trouble"] and o["relationship"] == "active")["tenant_id"])


def session(sandbox: Sandbox) -> requests.Session:
    made = requests.Session()
    made.verify, made.trust_env = sandbox.ca_file, False
    return made


def sign_in(page: Page, person: dict[str, Any]) -> None:
    page.get_by_label("User name").fill(person["user_principal_name"])
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Password").fill(person["password"])
    assert violations(page) == []
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Approve sign-in request")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="I approve").click()


@pytest.mark.filterwarnings("ignore:response_mode:UserWarning")
def test_person_signs_in_and_the_code_gives_msal_a_token(
    open_page: OpenPage, sandbox: Sandbox, tenant: str, technician: dict[str, Any]
) -> None:
    partner = sandbox.control("GET", "state")["partner"]
    app = msal.ConfidentialClientApplication(
        partner["application_id"],
        authority=f"{sandbox.url}/{tenant}",
        client_credential=partner["client_secret"],
        http_client=session(sandbox),
        instance_discovery=False,
    )
    answer_url = f"http://127.0.0.1:{closed_port()}/connections/sign-in/answer/"
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=answer_url, prompt="select_account")
    page = open_page(ignore_https_errors=True)
    page.route(f"{answer_url}*", lambda route: route.fulfill(body="Thank you"))
    page.goto(flow["auth_uri"])
    assert violations(page) == []
    sign_in(page, technician)
    expect(page.get_by_text("Thank you")).to_be_visible()
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    answer = app.acquire_token_by_auth_code_flow(flow, query)
    assert answer["id_token_claims"]["preferred_username"] == technician["user_principal_name"]


def test_person_enters_a_device_code_and_msal_gets_the_token(
    open_page: OpenPage, sandbox: Sandbox, tenant: str, technician: dict[str, Any]
) -> None:
    sandbox.control("POST", "device-codes", json={"interval": 0})
    app = msal.PublicClientApplication(
        "fb78d390-0c51-40cd-8e17-fdbfab77341b",
        authority=f"{sandbox.url}/{tenant}",
        http_client=session(sandbox),
        instance_discovery=False,
    )
    flow = app.initiate_device_flow([SCOPE])
    page = open_page(ignore_https_errors=True)
    page.goto(flow["verification_uri"])
    page.get_by_label("Code").fill(flow["user_code"])
    page.get_by_role("button", name="Next").click()
    assert violations(page) == []
    page.get_by_role("button", name="Continue").click()
    sign_in(page, technician)
    expect(page.get_by_role("heading", name="You have signed in")).to_be_visible()
    assert violations(page) == []
    assert "access_token" in app.acquire_token_by_device_flow(flow)
