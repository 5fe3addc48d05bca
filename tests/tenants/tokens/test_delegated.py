import pytest

from portal.core.secrets.secret import Secret
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.tokens.applications import Application, MsalApplications
from tenants.tokens.delegated import DelegatedTokens
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import MissingPermission
from tests.tenants.tokens.login_stub import EXCHANGE, ORGANIZATION, LoginStub, error, make_token


@pytest.fixture
def renewed() -> list[str]:
    return []


@pytest.fixture
def tokens(
    application: Application, applications: MsalApplications, login: LoginStub, renewed: list[str]
) -> DelegatedTokens:
    login.token = lambda tenant, form: make_token(
        tenant_id=tenant, roles=[], scp="Exchange.Manage", upn="service@partner.example", amr=["pwd", "mfa"]
    )
    return DelegatedTokens(
        ENVIRONMENTS["O365Default"],
        application,
        applications,
        refresh_token=lambda: Secret("stored"),
        on_renewed=lambda token: renewed.append(token.reveal()),
    )


def test_redeems_the_stored_sign_in_in_the_organization(
    tokens: DelegatedTokens, login: LoginStub, renewed: list[str]
) -> None:
    token = tokens.acquire(ORGANIZATION, EXCHANGE)

    assert (token.identity, token.scopes) == ("service@partner.example", ("Exchange.Manage",))
    assert login.forms[0]["refresh_token"] == "stored"
    assert EXCHANGE in login.forms[0]["scope"].split()
    assert "CP1" in login.forms[0]["claims"]
    assert renewed == ["newer"]


def test_no_token_stays_with_msal(
    tokens: DelegatedTokens, application: Application, applications: MsalApplications
) -> None:
    """Its objects are shared by everybody who signs in with the same application, and outlive every sign-in."""
    tokens.acquire(ORGANIZATION, EXCHANGE)

    kept = applications.get(ENVIRONMENTS["O365Default"], ORGANIZATION, application).token_cache._cache
    assert "newer" not in str(kept)
    assert "AccessToken" not in kept


def test_sends_the_claims_of_a_challenge(tokens: DelegatedTokens, login: LoginStub) -> None:
    tokens.acquire(ORGANIZATION, EXCHANGE)
    tokens.acquire(ORGANIZATION, EXCHANGE, claims='{"access_token":{"nbf":{"essential":true}}}')

    assert len(login.forms) == 2
    assert "nbf" in login.forms[1]["claims"]
    assert "CP1" in login.forms[1]["claims"]


def test_an_expired_sign_in_is_partner_wide(tokens: DelegatedTokens, login: LoginStub) -> None:
    login.replies = [error(700082)]

    with pytest.raises(TokenFailure) as caught:
        tokens.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.partner_wide
    assert caught.value.explanation.error_class == "stored_sign_in_expired"


def test_a_token_without_exchange_permission_is_refused(tokens: DelegatedTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(tenant_id=tenant, roles=[], scp="User.Read")

    with pytest.raises(MissingPermission):
        tokens.acquire(ORGANIZATION, EXCHANGE)
