"""User name and password: user realm, then the password grant, by msal (exchange-protocol.md 2.2)."""

from typing import Any

import jwt
import pytest

from tests.portal.sandbox.clicking import password_of, technician
from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated:DeprecationWarning")


def ask(sandbox: Sandbox, tenant: str, name: str, password: str) -> dict[str, Any]:
    app = sandbox.public_application(tenant)
    answer: dict[str, Any] = app.acquire_token_by_username_password(name, password, [EXCHANGE_SCOPE])
    return answer


@pytest.mark.parametrize("at_home", [False, True], ids=["by relationship", "own administrator"])
def test_person_without_second_factor_gets_a_token(sandbox: Sandbox, at_home: bool) -> None:
    organization = sandbox.healthy()
    name = f"exchange@{organization['initial_domain']}" if at_home else technician(sandbox, "noor")
    answer = ask(sandbox, organization["tenant_id"], name, password_of(sandbox, name))
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["tid"], claims["unique_name"], claims["amr"]) == (organization["tenant_id"], name, ["pwd"])
    assert EXCHANGE_SCOPE in answer["scope"].split()


@pytest.mark.parametrize(
    ("local", "code"), [("tess", 50076), ("dora", 50057), ("piet", 50055), ("lars", 50053), ("nils", 50076)]
)
def test_account_that_cannot_is_refused_with_its_code(sandbox: Sandbox, local: str, code: int) -> None:
    name = technician(sandbox, local)
    answer = ask(sandbox, sandbox.healthy()["tenant_id"], name, password_of(sandbox, name))
    assert answer["error_codes"] == [code]


def test_wrong_password_and_unknown_account_are_refused(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    assert ask(sandbox, tenant, technician(sandbox, "noor"), "wrong")["error_codes"] == [50126]
    assert ask(sandbox, tenant, "nobody@halyard.example", "wrong")["error_codes"] == [50034]


def test_organization_that_wants_a_second_factor_refuses_who_has_none(sandbox: Sandbox) -> None:
    organization, name = sandbox.healthy(), technician(sandbox, "noor")
    sandbox.trouble(organization, "mfa_required")
    answer = ask(sandbox, organization["tenant_id"], name, password_of(sandbox, name))
    assert answer["error_codes"] == [50079]


def test_application_with_a_secret_must_send_it(sandbox: Sandbox) -> None:
    name = technician(sandbox, "noor")
    app = sandbox.public_application(sandbox.healthy()["tenant_id"], sandbox.partner["application_id"])
    answer = app.acquire_token_by_username_password(name, password_of(sandbox, name), [EXCHANGE_SCOPE])
    assert answer["error_codes"] == [7000218]


def test_federation_server_refuses_so_that_msal_says_why(sandbox: Sandbox) -> None:
    name = technician(sandbox, "fred")
    with pytest.raises(RuntimeError, match="does not accept a user name and a password"):
        ask(sandbox, sandbox.healthy()["tenant_id"], name, password_of(sandbox, name))
    kinds = [entry["kind"] for entry in sandbox.control("GET", "logins").json()]
    assert kinds == ["userrealm", "ws_trust"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tess@halyard.example", "Managed"),
        ("nobody@halyard.example", "Managed"),
        ("fred@federated.halyard.example", "Federated"),
        ("someone@unknown.example", "Unknown"),
    ],
)
def test_user_realm(sandbox: Sandbox, name: str, kind: str) -> None:
    answer = sandbox.http.get(f"{sandbox.url}/common/userrealm/{name}", params={"api-version": "1.0"}).json()
    assert answer["account_type"] == kind
