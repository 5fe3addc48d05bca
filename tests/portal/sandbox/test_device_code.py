"""Device codes: msal polls, a person enters the code in a browser (RFC 8628; exchange-protocol.md F15)."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.portal.sandbox.clicking import Clicker, technician
from tests.portal.sandbox.conftest import EXCHANGE_MODULE_CLIENT, EXCHANGE_SCOPE, Sandbox


@pytest.fixture
def clicker(sandbox: Sandbox) -> Iterator[Clicker]:
    with Clicker(sandbox) as clicker:
        yield clicker


@pytest.fixture(autouse=True)
def polled_at_will(sandbox: Sandbox) -> None:
    sandbox.control("POST", "device-codes", json={"interval": 0})


def poll(sandbox: Sandbox, tenant: str, device_code: str, **changes: str) -> dict[str, Any]:
    form = {
        "client_id": EXCHANGE_MODULE_CLIENT,
        "client_secret": "",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device_code,
        **changes,
    }
    answer: dict[str, Any] = sandbox.redeem(tenant, **form).json()
    return answer


def enter(clicker: Clicker, flow: dict[str, Any], name: str) -> None:
    clicker.open(flow["verification_uri"])
    clicker.press("Next", user_code=flow["user_code"].lower())
    assert "Microsoft Exchange REST API Based Powershell" in clicker.page.text
    clicker.press("Continue")
    clicker.sign_in(name)


def test_msal_gets_the_token_of_the_person_who_entered_the_code(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    app = sandbox.public_application(tenant)
    flow = app.initiate_device_flow([EXCHANGE_SCOPE])
    assert {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"} <= set(flow)
    assert flow["user_code"] in flow["message"]
    pending = poll(sandbox, tenant, flow["device_code"])
    assert (pending["error"], pending["error_codes"]) == ("authorization_pending", [70016])
    enter(clicker, flow, name)
    assert clicker.page.heading == "You have signed in"
    answer = app.acquire_token_by_device_flow(flow)
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["tid"], claims["unique_name"], claims["appid"]) == (tenant, name, EXCHANGE_MODULE_CLIENT)
    assert poll(sandbox, tenant, flow["device_code"])["error_codes"] == [54005]
    kinds = [entry["kind"] for entry in sandbox.control("GET", "logins", params={"tenant": tenant}).json()]
    assert kinds == ["devicecode", "token", "token", "token"]


def test_declined_code_ends_the_waiting(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    flow = sandbox.public_application(tenant).initiate_device_flow([EXCHANGE_SCOPE])
    clicker.open(flow["verification_uri"])
    clicker.press("Next", user_code=flow["user_code"])
    assert clicker.press("Cancel").heading == "You have declined"
    answer = poll(sandbox, tenant, flow["device_code"])
    assert (answer["error"], answer["error_codes"]) == ("authorization_declined", [70018])


def test_wrong_code_stays_on_the_page_and_unknown_device_code_is_refused(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    clicker.open(f"{sandbox.url}/common/oauth2/deviceauth")
    page = clicker.press("Next", user_code="WRONGCODE")
    assert "AADSTS70018" in page.text
    assert page.fields["user_code"] == "WRONGCODE"
    answer = poll(sandbox, tenant, "nonsense")
    assert (answer["error"], answer["error_codes"]) == ("bad_verification_code", [70018])


def test_expired_code_is_told_to_both_sides(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    sandbox.control("POST", "device-codes", json={"expires_in": 0})
    flow = sandbox.public_application(tenant).initiate_device_flow([EXCHANGE_SCOPE])
    answer = poll(sandbox, tenant, flow["device_code"])
    assert (answer["error"], answer["error_codes"]) == ("expired_token", [70020])
    clicker.open(flow["verification_uri"])
    assert "AADSTS70019" in clicker.press("Next", user_code=flow["user_code"]).text


def test_polling_too_fast_is_told(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    sandbox.control("POST", "device-codes", json={"interval": 60})
    flow = sandbox.public_application(tenant).initiate_device_flow([EXCHANGE_SCOPE])
    errors = [poll(sandbox, tenant, flow["device_code"])["error"] for _ in range(2)]
    assert errors == ["authorization_pending", "slow_down"]


def test_conditional_access_that_blocks_device_codes_is_told_to_both_sides(sandbox: Sandbox, clicker: Clicker) -> None:
    organization, name = sandbox.healthy(), technician(sandbox)
    tenant = organization["tenant_id"]
    sandbox.trouble(organization, "device_code_blocked")
    flow = sandbox.public_application(tenant).initiate_device_flow([EXCHANGE_SCOPE])
    enter(clicker, flow, name)
    assert "AADSTS53003" in clicker.page.text
    assert poll(sandbox, tenant, flow["device_code"])["error_codes"] == [53003]
    assert sandbox.delegated(tenant, EXCHANGE_SCOPE).status_code == 200


def test_some_organizations_always_block_device_codes(sandbox: Sandbox, clicker: Clicker) -> None:
    blocking = sandbox.healthy(blocks_device_codes=True)
    flow = sandbox.public_application(blocking["tenant_id"]).initiate_device_flow([EXCHANGE_SCOPE])
    enter(clicker, flow, f"admin@{blocking['initial_domain']}")
    assert poll(sandbox, blocking["tenant_id"], flow["device_code"])["error_codes"] == [53003]


def test_application_with_a_secret_may_not_use_device_codes_without_it(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, application_id = sandbox.healthy()["tenant_id"], sandbox.partner["application_id"]
    app = sandbox.public_application(tenant, application_id)
    flow = app.initiate_device_flow([EXCHANGE_SCOPE])
    assert app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)["error_codes"] == [7000218]
    sandbox.control("POST", f"apps/{application_id}/public-flows", json={"allowed": True})
    try:
        assert poll(sandbox, tenant, flow["device_code"], client_id=application_id)["error_codes"] == [70016]
    finally:
        sandbox.control("POST", f"apps/{application_id}/public-flows", json={"allowed": False})
