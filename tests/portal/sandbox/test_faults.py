"""Every fault action does what it says, and the ledger tells what really ran."""

import base64
import errno
import socket
import ssl
import time
from typing import Any

import httpx
import orjson
import pytest

from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox, wait_for


def contact(name: str) -> dict[str, Any]:
    return {"Name": name, "ExternalEmailAddress": f"{name}@elsewhere.example"}


def exists(sandbox: Sandbox, organization: dict[str, Any], token: str, name: str) -> bool:
    sandbox.control("DELETE", "faults")
    return sandbox.invoke(organization, token, "Get-MailContact", {"Identity": name}).status_code == 200


def test_status_with_body_and_headers(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    action = {"type": "status", "code": 503, "body": {"error": {"code": "x"}}, "headers": {"Retry-After": "7"}}
    sandbox.fault(action, cmdlet="Get-Mailbox*", times=1)
    answer = sandbox.invoke(organization, token, "Get-MailboxPlan")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (503, "7", {"error": {"code": "x"}})
    assert sandbox.invoke(organization, token, "Get-MailboxPlan").status_code == 200


def test_nth_call_tenant_and_path_choose(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("nul403", tenant=organization["tenant_id"], path="invokecommand", nth=2)
    statuses = [sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code for _ in range(3)]
    assert statuses == [200, 403, 200]
    sandbox.control("DELETE", "faults")
    sandbox.fault("nul403", tenant="another")
    assert sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code == 200


def test_nul403_is_4096_nul_bytes(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("nul403")
    answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
    assert (answer.content, "x-ms-diagnostics" in answer.headers) == (b"\0" * 4096, False)


def test_throttled_has_retry_after(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault({"type": "throttled", "retry_after": 13})
    answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "13")


def test_delay_is_waited_for(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault({"type": "delay", "seconds": 0.3})
    before = time.monotonic()
    assert sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code == 200
    assert time.monotonic() - before >= 0.3


def test_reset_before_execute(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("reset_before_execute", cmdlet="New-MailContact")
    with pytest.raises(httpx.TransportError):
        sandbox.invoke(organization, token, "New-MailContact", contact("early"))
    entry = sandbox.ledger(cmdlet="new-mailcontact")[-1]
    assert (entry["executed"], entry["answered"]) == (False, "reset_before_execute")
    assert not exists(sandbox, organization, token, "early")


def test_reset_is_a_tcp_reset(sandbox: Sandbox) -> None:
    sandbox.fault("reset_before_execute")
    port = int(sandbox.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with socket.create_connection(("127.0.0.1", port)) as plain:
        # TLS over a copy of the socket: its library would report the reset as the end of the stream.
        with context.wrap_socket(plain.dup(), server_hostname="localhost") as encrypted:
            encrypted.sendall(b"GET /v1.0/domains HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert wait_for(lambda: plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET)


def test_execute_then_reset(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("execute_then_reset", cmdlet="New-MailContact")
    with pytest.raises(httpx.TransportError):
        sandbox.invoke(organization, token, "New-MailContact", contact("late"))
    entry = sandbox.ledger(cmdlet="New-MailContact")[-1]
    assert (entry["executed"], entry["answered"]) == (True, "execute_then_reset")
    assert exists(sandbox, organization, token, "late")


def test_execute_then_504(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("execute_then_504", cmdlet="New-MailContact")
    assert sandbox.invoke(organization, token, "New-MailContact", contact("gateway")).status_code == 504
    assert exists(sandbox, organization, token, "gateway")


def test_execute_then_timeout(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("execute_then_timeout", cmdlet="New-MailContact")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.invoke(organization, token, "New-MailContact", contact("held"), timeout=0.5)
    assert sandbox.ledger(cmdlet="New-MailContact")[-1]["executed"] is True
    assert exists(sandbox, organization, token, "held")


def test_truncated_body_breaks_off(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("truncate_body", cmdlet="Get-AcceptedDomain")
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.invoke(organization, token, "Get-AcceptedDomain")


def test_bad_gzip_declares_what_it_is_not(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("bad_gzip", cmdlet="Get-AcceptedDomain")
    with pytest.raises(httpx.DecodingError):
        sandbox.invoke(organization, token, "Get-AcceptedDomain")


def test_html_instead_of_json(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("html")
    answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
    assert (answer.status_code, answer.headers["content-type"], answer.text[:6]) == (200, "text/html", "<html>")


def test_hold_never_answers(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("hold")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.invoke(organization, token, "Get-AcceptedDomain", timeout=0.3)


def test_revoked_refresh_token(sandbox: Sandbox, organization: dict[str, Any]) -> None:
    sandbox.fault("revoke_rt", service="login")
    assert sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).json()["error_codes"] == [50173]
    assert sandbox.token(organization)
    sandbox.control("DELETE", "faults")
    assert sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).status_code == 200


def test_claims_challenge_is_satisfied_by_a_token_with_the_claims(
    sandbox: Sandbox, organization: dict[str, Any], token: str
) -> None:
    sandbox.fault("claims_challenge", service="exchange")
    answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
    header = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert 'error="insufficient_claims"' in header
    claims = base64.urlsafe_b64decode(header.partition('claims="')[2].partition('"')[0]).decode()
    application = sandbox.application(organization["tenant_id"], client_capabilities=["CP1"])
    fresh = application.acquire_token_for_client([EXCHANGE_SCOPE], claims_challenge=claims)["access_token"]
    assert sandbox.invoke(organization, fresh, "Get-AcceptedDomain").status_code == 200


def test_stale_role_lasts_until_a_newer_token(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("stale_role", service="exchange")
    assert sandbox.invoke(organization, token, "Get-AcceptedDomain").content == b"\0" * 4096

    def newer_token_works() -> bool:
        return sandbox.invoke(organization, sandbox.token(organization), "Get-AcceptedDomain").status_code == 200

    assert wait_for(newer_token_works)


@pytest.mark.parametrize("action", ["expire_cursor", "flip_backend"])
def test_lost_cursor_is_f43(sandbox: Sandbox, organization: dict[str, Any], token: str, action: str) -> None:
    first = sandbox.invoke(organization, token, "Get-RoleGroup", headers={"Prefer": "odata.maxpagesize=2"}).json()
    sandbox.fault(action)
    second = sandbox.invoke(organization, token, "Get-RoleGroup", url=first["@odata.nextLink"])
    internal = second.json()["error"]["innererror"]["internalexception"]
    assert second.status_code == 400
    assert internal["message"] == "Expired or Invalid pagination request. Default Expiry time is 00:30:00"


def batch_item(organization: dict[str, Any], token: str, identifier: str, url: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "method": "POST",
        "url": f"{url}/adminapi/beta/{organization['tenant_id']}/InvokeCommand",
        "headers": {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        "body": {"CmdletInput": {"CmdletName": "Get-AcceptedDomain", "Parameters": {}}},
    }


def test_dropped_batch_id(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    items = [batch_item(organization, token, str(number), sandbox.url) for number in range(4)]
    url = f"{sandbox.url}/adminapi/beta/{organization['tenant_id']}/$batch"
    headers = {"Authorization": f"Bearer {token}"}
    whole = sandbox.http.post(url, json={"requests": items}, headers=headers).json()["responses"]
    assert {item["id"]: item["status"] for item in whole} == dict.fromkeys("0123", 200)
    sandbox.fault("drop_batch_id")
    assert len(sandbox.http.post(url, json={"requests": items}, headers=headers).json()["responses"]) == 3
    assert sandbox.http.post(url, json={"requests": items * 3}, headers=headers).status_code == 400


def test_batch_items_need_their_own_bearer(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    item = batch_item(organization, "nonsense", "a", sandbox.url)
    url = f"{sandbox.url}/adminapi/beta/{organization['tenant_id']}/$batch"
    answer = sandbox.http.post(url, json={"requests": [item]}, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["responses"][0]["status"] == 401


def test_unknown_rule_is_refused(sandbox: Sandbox) -> None:
    for rule in ({"action": {"type": "explode"}}, {"match": {"colour": "red"}, "action": {"type": "html"}}, {}):
        assert sandbox.control("POST", "faults", json=rule).status_code == 400


def test_probability_is_a_share(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    sandbox.fault("nul403", probability=0.5)
    statuses = [sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code for _ in range(60)]
    assert 10 < statuses.count(403) < 50


def test_ledger_file_holds_the_same_entries(sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
    headers = {"client-request-id": "request-1", "connection-id": "connection-1"}
    answer = sandbox.invoke(organization, token, "Get-AcceptedDomain", headers=headers)
    assert answer.headers["client-request-id"] == "request-1"
    entries = sandbox.ledger(tenant=organization["tenant_id"])
    lines = (sandbox.folder / "ledger.jsonl").read_bytes().splitlines()
    assert orjson.loads(lines[-1]) == entries[-1]
    assert (entries[-1]["client_request_id"], entries[-1]["connection_id"]) == ("request-1", "connection-1")
    assert entries[-1]["application_id"] == sandbox.partner["application_id"]
    assert sandbox.ledger(since=entries[-1]["seq"]) == []
