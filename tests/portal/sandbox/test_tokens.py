"""Tokens: certificates, secrets, refresh tokens, and every AADSTS refusal in its documented order and shape."""

import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox, make_certificate, pem_of

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def claims_of(sandbox: Sandbox, token: str, tenant: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(sandbox.http.get(f"{sandbox.url}/{tenant}/discovery/v2.0/keys").json())
    claims: dict[str, Any] = jwt.decode(
        token, keys.keys[0], algorithms=["RS256"], audience=EXCHANGE_SCOPE.removesuffix("/.default")
    )
    return claims


def assertion(sandbox: Sandbox, key: rsa.RSAPrivateKey, thumbprint: str, tenant: str, **changes: Any) -> str:
    application = sandbox.partner["application_id"]
    claims = {
        "iss": application,
        "sub": application,
        "aud": f"{sandbox.url}/{tenant}/oauth2/v2.0/token",
        "exp": int(time.time()) + 300,
        **changes,
    }
    return jwt.encode(claims, key, "RS256", headers={"x5t": thumbprint})


def by_assertion(sandbox: Sandbox, tenant: str, text: str) -> httpx.Response:
    return sandbox.http.post(
        f"{sandbox.url}/{tenant}/oauth2/v2.0/token",
        data={
            "client_id": sandbox.partner["application_id"],
            "grant_type": "client_credentials",
            "scope": EXCHANGE_SCOPE,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": text,
        },
    )


@pytest.mark.parametrize("thumbprint_only", [False, True], ids=["PS256", "RS256"])
def test_certificate_gives_an_application_token(sandbox: Sandbox, thumbprint_only: bool) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    application = sandbox.application(tenant, sandbox.credential(thumbprint_only=thumbprint_only))
    answer = application.acquire_token_for_client([EXCHANGE_SCOPE])
    claims = claims_of(sandbox, answer["access_token"], tenant)
    assert claims["tid"] == tenant
    assert claims["roles"] == ["Exchange.ManageAsApp"]
    assert claims["idtyp"] == "app"


def test_msal_answers_the_second_request_from_its_cache(sandbox: Sandbox) -> None:
    application = sandbox.application(sandbox.healthy()["initial_domain"])
    sources = [application.acquire_token_for_client([EXCHANGE_SCOPE])["token_source"] for _ in range(2)]
    assert sources == ["identity_provider", "cache"]


def test_msal_redeems_the_partner_refresh_token_at_a_customer(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    application = sandbox.application(tenant)
    answer = application.acquire_token_by_refresh_token(sandbox.partner["refresh_token"], [EXCHANGE_SCOPE])
    claims = claims_of(sandbox, answer["access_token"], tenant)
    assert (claims["tid"], claims["scp"], claims["amr"]) == (tenant, "Exchange.Manage", ["pwd", "mfa"])
    assert EXCHANGE_SCOPE in answer["scope"].split()
    account = application.get_accounts()[0]
    assert application.acquire_token_silent([EXCHANGE_SCOPE], account)["token_source"] == "cache"


def test_one_assertion_may_be_used_twice(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    registered = sandbox.control(
        "POST", f"apps/{sandbox.partner['application_id']}/certificates", content=pem_of(sandbox.certificate)
    )
    text = assertion(sandbox, sandbox.key, registered.json()[0]["x5t"] + "=", tenant)
    assert [by_assertion(sandbox, tenant, text).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"aud": "https://elsewhere.example/token"}, 700027, "audience"),
        ({"exp": 1_600_000_000}, 700024, "time range"),
        ({"nbf": 4_000_000_000}, 700024, "time range"),
        ({"iat": 4_000_000_000}, 700024, "time range"),
        ({"sub": "someone-else"}, 700027, "subject"),
    ],
)
def test_assertion_with_wrong_claims_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], code: int, reason: str
) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    path = f"apps/{sandbox.partner['application_id']}/certificates"
    thumbprint = sandbox.control("POST", path, content=pem_of(sandbox.certificate)).json()[-1]["x5t"]
    answer = by_assertion(sandbox, tenant, assertion(sandbox, sandbox.key, thumbprint, tenant, **changes))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [code])
    assert reason in answer.json()["error_description"]


def test_assertion_by_another_key_under_a_registered_thumbprint_is_refused(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    path = f"apps/{sandbox.partner['application_id']}/certificates"
    thumbprint = sandbox.control("POST", path, content=pem_of(sandbox.certificate)).json()[-1]["x5t"]
    stranger = rsa.generate_private_key(65537, 2048)
    answer = by_assertion(sandbox, tenant, assertion(sandbox, stranger, thumbprint, tenant))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700027])


def test_expired_and_unregistered_certificates_are_refused(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    key = rsa.generate_private_key(65537, 2048)
    expired = make_certificate(key, days=-1)
    application = sandbox.application(tenant, {"private_key": key, "public_certificate": pem_of(expired)})
    assert application.acquire_token_for_client([EXCHANGE_SCOPE])["error_codes"] == [700027]
    path = f"apps/{sandbox.partner['application_id']}/certificates"
    assert sandbox.control("POST", path, content=pem_of(expired)).status_code == 200
    fresh = sandbox.application(tenant, {"private_key": key, "public_certificate": pem_of(expired)})
    answer = fresh.acquire_token_for_client([EXCHANGE_SCOPE])
    assert answer["error_codes"] == [700027]
    assert "expired" in answer["error_description"]


@pytest.mark.parametrize(
    ("trouble", "code", "status"),
    [
        ("app_not_consented", 65001, 400),
        ("no_exchange_licence", 500011, 400),
        ("subscription_lapsed", 500014, 400),
        ("conditional_access", 53003, 400),
        ("app_disabled", 7000112, 400),
    ],
)
def test_trouble_ends_at_the_token(sandbox: Sandbox, trouble: str, code: int, status: int) -> None:
    organization = sandbox.healthy()
    sandbox.trouble(organization, trouble)
    answer = sandbox.redeem(organization["tenant_id"], scope=EXCHANGE_SCOPE, grant_type="client_credentials")
    body = answer.json()
    assert (answer.status_code, body["error_codes"]) == (status, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"error", "timestamp", "trace_id", "correlation_id", "error_uri"} <= set(body)
    assert sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).json()["error_codes"] == [code]
    sandbox.trouble(organization, None)
    assert sandbox.token(organization)


def test_ended_relationship_only_ends_delegated_access(sandbox: Sandbox) -> None:
    organization = sandbox.healthy()
    sandbox.trouble(organization, "relationship_ended")
    assert sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).json()["error_codes"] == [50020]
    assert sandbox.token(organization)


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 700016, 400),
        ({"client_secret": "wrong"}, 7000215, 401),
        ({"client_secret": ""}, 7000218, 401),
        ({"scope": "https://outlook.office365.com/.default https://graph.microsoft.com/.default"}, 70011, 400),
        ({"scope": "https://unknown.example/.default"}, 500011, 400),
        ({"grant_type": "magic"}, 70003, 400),
        ({"scope": ""}, 90014, 400),
        ({"grant_type": "refresh_token", "refresh_token": "0.AXnonsense.x"}, 70008, 400),
    ],
)
def test_bad_token_request_is_refused(sandbox: Sandbox, changes: dict[str, str], code: int, status: int) -> None:
    form = {"scope": EXCHANGE_SCOPE, "grant_type": "client_credentials", **changes}
    answer = sandbox.redeem(sandbox.healthy()["tenant_id"], **form)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [code])


def test_tenant_is_judged_before_the_client(sandbox: Sandbox) -> None:
    answer = sandbox.redeem("unknown.example", client_id="nobody", scope="x", grant_type="y")
    assert answer.json()["error_codes"] == [90002]


def test_literal_scope_on_a_refresh_token_is_not_consented(sandbox: Sandbox) -> None:
    answer = sandbox.delegated(sandbox.healthy()["tenant_id"], "https://outlook.office365.com/Exchange.Manage")
    assert answer.json()["error_codes"] == [65001]


def test_discovery_by_domain_names_the_tenant_id_and_the_cloud(sandbox: Sandbox) -> None:
    organization = sandbox.healthy()
    path = "v2.0/.well-known/openid-configuration"
    document = sandbox.http.get(f"{sandbox.url}/{organization['default_domain'].upper()}/{path}").json()
    assert document["token_endpoint"] == f"{sandbox.url}/{organization['tenant_id']}/oauth2/v2.0/token"
    assert document["tenant_region_scope"] == "WW"
    unknown = sandbox.http.get(f"{sandbox.url}/unknown.example/{path}")
    assert (unknown.status_code, unknown.json()["error_codes"]) == (400, [90002])
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        sandbox.application("unknown.example")
