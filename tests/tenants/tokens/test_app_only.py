import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from portal.core.explanations import Retry
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.tokens.access_token import AccessToken
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.applications import Application, MsalApplications
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import MissingPermission, WrongAudience, WrongOrganization
from tenants.tokens.source import NEW_TOKEN
from tests.tenants.tokens.login_stub import EXCHANGE, ORGANIZATION, OTHER, LoginStub, error, make_token

NBF = '{"access_token":{"nbf":{"essential":true}}}'


def test_returns_a_token_of_the_organization(tokens: AppOnlyTokens, login: LoginStub) -> None:
    token = tokens.acquire(ORGANIZATION.upper(), EXCHANGE)

    assert token.tenant_id == ORGANIZATION
    assert token.roles == ("Exchange.ManageAsApp",)
    assert token.value.reveal() not in repr(token)
    assert login.forms[0]["grant_type"] == "client_credentials"
    assert login.forms[0]["scope"] == EXCHANGE


def test_keeps_the_token_until_two_minutes_before_its_end(
    application: Application, applications: MsalApplications, login: LoginStub
) -> None:
    now = datetime.now(UTC)
    moments = {"now": now}
    tokens = AppOnlyTokens(ENVIRONMENTS["O365Default"], application, applications, clock=lambda: moments["now"])

    first = tokens.acquire(ORGANIZATION, EXCHANGE)
    moments["now"] = first.expires_at - timedelta(seconds=121)
    assert tokens.acquire(ORGANIZATION, EXCHANGE) is first
    moments["now"] = first.expires_at - timedelta(seconds=120)
    assert tokens.acquire(ORGANIZATION, EXCHANGE) is not first
    assert len(login.forms) == 2


def test_a_hundred_threads_make_one_request(tokens: AppOnlyTokens, login: LoginStub) -> None:
    together = threading.Barrier(100)
    found: list[AccessToken] = []

    def acquire() -> None:
        together.wait()
        found.append(tokens.acquire(ORGANIZATION, EXCHANGE))

    threads = [threading.Thread(target=acquire) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({token.value.reveal() for token in found}) == 1
    assert len(found) == 100
    assert (login.discoveries, len(login.forms)) == (1, 1)


class ArrivalLock:
    """A lock that tells how many threads have come to it."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        self.arrived.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_those_who_wait_share_the_failure(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.replies = [error(65001)] * 20
    failures: list[TokenFailure] = []
    lock = ArrivalLock()
    tokens._slot(ORGANIZATION, EXCHANGE).lock = lock  # type: ignore[assignment]  # a lock that counts

    def acquire() -> None:
        with pytest.raises(TokenFailure) as caught:
            tokens.acquire(ORGANIZATION, EXCHANGE)
        failures.append(caught.value)

    with lock.lock:
        threads = [threading.Thread(target=acquire) for _ in range(20)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert lock.arrived.acquire(timeout=10)
    for thread in threads:
        thread.join()

    assert [failure.code for failure in failures] == ["AADSTS65001"] * 20
    assert len(login.forms) == 1


@pytest.mark.parametrize(("asked_meanwhile", "requests"), [(None, 2), ('{"access_token":{"acrs":{}}}', 2), (NBF, 1)])
def test_who_waits_with_a_claims_challenge_shares_only_an_answer_to_the_same(
    tokens: AppOnlyTokens, login: LoginStub, asked_meanwhile: str | None, requests: int
) -> None:
    slot, lock = tokens._slot(ORGANIZATION, EXCHANGE), ArrivalLock()
    slot.lock = lock  # type: ignore[assignment]  # a lock that counts
    waiting = threading.Thread(target=lambda: tokens.acquire(ORGANIZATION, EXCHANGE, claims=NBF))
    with lock.lock:
        waiting.start()
        assert lock.arrived.acquire(timeout=10)
        tokens._fill(slot, ORGANIZATION, EXCHANGE, asked_meanwhile)
    waiting.join()

    assert len(login.forms) == requests
    assert "nbf" in login.forms[-1]["claims"]


def test_organizations_and_services_do_not_share_tokens(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(
        tenant_id=tenant, audience=form["scope"].removesuffix("/.default"), roles=["Exchange.ManageAsApp"]
    )
    compliance = "https://ps.compliance.protection.outlook.com/.default"

    values = {
        tokens.acquire(ORGANIZATION, EXCHANGE).value.reveal(),
        tokens.acquire(OTHER, EXCHANGE).value.reveal(),
        tokens.acquire(ORGANIZATION, compliance).value.reveal(),
    }

    assert len(values) == 3


@pytest.mark.parametrize("claims", [NEW_TOKEN, NBF])
def test_claims_always_fetch_a_new_token(tokens: AppOnlyTokens, login: LoginStub, claims: str) -> None:
    tokens.acquire(ORGANIZATION, EXCHANGE)
    tokens.acquire(ORGANIZATION, EXCHANGE, claims=claims)

    assert len(login.forms) == 2
    assert "CP1" in login.forms[1]["claims"]
    assert ("nbf" in login.forms[1]["claims"]) is ("nbf" in claims)


def test_a_granted_consent_works_at_once(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.replies = [error(65001)]

    with pytest.raises(TokenFailure) as caught:
        tokens.acquire(ORGANIZATION, EXCHANGE)
    assert caught.value.code == "AADSTS65001"
    assert caught.value.explanation.error_class == "no_consent"
    assert caught.value.correlation_id == "c"
    assert "\n" not in caught.value.text

    assert tokens.acquire(ORGANIZATION, EXCHANGE).tenant_id == ORGANIZATION


def test_a_token_of_another_organization_is_never_handed_out(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(tenant_id=OTHER)

    with pytest.raises(WrongOrganization):
        tokens.acquire(ORGANIZATION, EXCHANGE)


def test_a_token_that_cannot_be_read_is_never_handed_out(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: "opaque"

    with pytest.raises(WrongOrganization):
        tokens.acquire(ORGANIZATION, EXCHANGE)


def test_a_token_for_another_service_is_refused(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(audience="https://graph.microsoft.com")

    with pytest.raises(WrongAudience):
        tokens.acquire(ORGANIZATION, EXCHANGE)


def test_a_role_granted_after_a_refusal_is_seen_at_once(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(roles=[])
    with pytest.raises(MissingPermission):
        tokens.acquire(ORGANIZATION, EXCHANGE)

    login.token = lambda tenant, form: make_token(aud="00000002-0000-0ff1-ce00-000000000000")
    assert tokens.acquire(ORGANIZATION, EXCHANGE).roles


def test_forgetting_fetches_a_new_token(tokens: AppOnlyTokens, login: LoginStub) -> None:
    tokens.acquire(ORGANIZATION, EXCHANGE)
    tokens.forget(ORGANIZATION)
    tokens.acquire(ORGANIZATION, EXCHANGE)

    assert len(login.forms) == 2


@pytest.mark.parametrize(
    ("reply", "error_class", "retry"),
    [
        (httpx.ConnectError("no route"), "login_unreachable", Retry.AUTOMATIC),
        (httpx.ReadTimeout("slow"), "login_unreachable", Retry.AUTOMATIC),
        (httpx.Response(503, text="down", headers={"Retry-After": "7"}), "login_unavailable", Retry.AUTOMATIC),
        (httpx.Response(429, text="<html>slow down</html>", headers={"Retry-After": "7"}), "login_throttled", None),
        (httpx.Response(200, text="<html>proxy</html>"), "login_unreadable", None),
        (error(90055, "temporarily_unavailable", 429, Retry_After="7"), "login_throttled", Retry.AUTOMATIC),
        (error(7000215, "invalid_client", 401), "client_secret_wrong", Retry.AFTER_FIX),
        (error(424242), "login_refused", Retry.AFTER_FIX),
    ],
)
def test_every_kind_of_failure_is_explained(
    tokens: AppOnlyTokens, login: LoginStub, reply: httpx.Response | Exception, error_class: str, retry: Retry | None
) -> None:
    login.replies = [reply]

    with pytest.raises(TokenFailure) as caught:
        tokens.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.explanation.error_class == error_class
    assert retry is None or caught.value.explanation.retry is retry
    if isinstance(reply, httpx.Response) and "Retry-After" in reply.headers:
        assert caught.value.retry_after == 7
    assert tokens.acquire(ORGANIZATION, EXCHANGE)


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (error(90002, "invalid_tenant"), "organization_not_found"),
        (httpx.Response(400, text="nothing here"), "organization_not_found"),
        (httpx.Response(500, text="down"), "login_unavailable"),
        (httpx.ConnectError("no route"), "login_unreachable"),
        (httpx.Response(200, text="<html>"), "login_unreadable"),
    ],
)
def test_a_failing_discovery_is_explained(
    tokens: AppOnlyTokens, login: LoginStub, reply: httpx.Response | Exception, error_class: str
) -> None:
    login.discovery = lambda tenant: reply

    with pytest.raises(TokenFailure) as caught:
        tokens.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.explanation.error_class == error_class


@pytest.mark.parametrize("name", ["token_endpoint", "authorization_endpoint", "device_authorization_endpoint"])
@pytest.mark.parametrize(
    "origin", ["http://login.microsoftonline.com", "https://login.microsoftonline.com.evil.example"]
)
def test_an_endpoint_elsewhere_or_without_https_is_sent_nothing(
    tokens: AppOnlyTokens, login: LoginStub, name: str, origin: str
) -> None:
    login.discovery = lambda tenant: httpx.Response(
        200,
        json={
            "issuer": f"https://login.microsoftonline.com/{tenant}/v2.0",
            "token_endpoint": f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
            "authorization_endpoint": f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
            name: f"{origin}/{tenant}/oauth2/v2.0/x",
        },
    )

    with pytest.raises(TokenFailure):
        tokens.acquire(ORGANIZATION, EXCHANGE)

    assert not login.forms


def test_credentials_of_the_partner_fail_everywhere(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.replies = [error(700027, "invalid_client", 401), error(65001)]
    failures = []
    for _ in range(2):
        with pytest.raises(TokenFailure) as caught:
            tokens.acquire(ORGANIZATION, EXCHANGE)
        failures.append(caught.value)

    assert [failure.partner_wide for failure in failures] == [True, False]
    assert failures[0].retry_after == 10
