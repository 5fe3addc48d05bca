"""Every AADSTS code of exchange-protocol.md 2.9 and the rows F1 to F18: what comes in, and what it is called."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal.core.explanations import DidItRun, Retry
from tenants.microsoft.http import LoginHttp
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.explanations import BY_CODE
from tenants.tokens.failures import TokenFailure, from_answer
from tests.tenants.tokens.login_stub import EXCHANGE, ORGANIZATION, OTHER, LoginStub, error, make_token

AUTO, LATER, FIX, NEVER = Retry.AUTOMATIC, Retry.LATER, Retry.AFTER_FIX, Retry.NEVER

EVERYWHERE = """
50053 50055 50057 50126 50132 50133 50173 50194 50196 530034 54005 70000 70008 70043 700082 700084 700025 700027 700030
7000215 7000218 7000222 700024
"""

# Codes, the `error` word and the status that they come with, error class, whether a retry helps.
CODES: list[tuple[str, str, int, str, Retry]] = [
    ("50020", "invalid_grant", 400, "no_gdap_access", FIX),
    ("50034 51004", "invalid_grant", 400, "account_not_in_directory", FIX),
    ("50053", "invalid_grant", 400, "service_account_locked", FIX),
    ("50055", "invalid_grant", 400, "service_account_password_expired", FIX),
    ("50057", "invalid_grant", 400, "service_account_disabled", FIX),
    ("50126", "invalid_grant", 400, "wrong_password", FIX),
    ("50059 50128 900144 90014", "invalid_request", 400, "login_request_incomplete", NEVER),
    ("50072 50074 50076 50078 50079", "interaction_required", 400, "mfa_required", FIX),
    ("50105", "invalid_grant", 400, "app_assignment_required", FIX),
    (
        "50131 53000 53001 53002 53003 53011 530032 530035",
        "interaction_required",
        400,
        "conditional_access_blocked",
        FIX,
    ),
    ("50132 50133 50173", "invalid_grant", 400, "sign_in_revoked", FIX),
    ("50158", "interaction_required", 400, "external_challenge", FIX),
    ("50177", "invalid_grant", 400, "no_gdap_access", FIX),
    ("50194", "invalid_request", 400, "app_single_tenant", FIX),
    ("50196", "invalid_grant", 400, "login_loop_detected", LATER),
    ("500011", "invalid_resource", 400, "no_exchange_in_organization", NEVER),
    ("500014", "invalid_resource", 400, "subscription_lapsed", FIX),
    ("500212 500213", "invalid_grant", 400, "cross_tenant_access_blocked", FIX),
    ("530034", "invalid_grant", 400, "partner_blocked_by_microsoft", NEVER),
    ("54005 70008 70000", "invalid_grant", 400, "stored_sign_in_invalid", FIX),
    ("65001", "invalid_grant", 400, "no_consent", FIX),
    ("65002", "invalid_request", 400, "first_party_not_preauthorized", FIX),
    ("65004", "access_denied", 400, "consent_declined", FIX),
    ("650051", "invalid_request", 400, "consent_still_spreading", LATER),
    ("650052 650056 650057", "invalid_resource", 400, "permission_missing_in_registration", FIX),
    ("700005", "invalid_grant", 400, "code_for_other_tenant", FIX),
    ("700016", "unauthorized_client", 400, "app_not_found", FIX),
    ("700025 7000218", "invalid_client", 401, "client_type_mismatch", FIX),
    ("700024", "invalid_client", 401, "clock_wrong", FIX),
    ("700027 700030", "invalid_client", 401, "certificate_not_accepted", LATER),
    ("7000112", "unauthorized_client", 400, "app_disabled_in_organization", FIX),
    ("7000215", "invalid_client", 401, "client_secret_wrong", FIX),
    ("7000222", "invalid_client", 401, "client_secret_expired", FIX),
    ("7000229", "unauthorized_client", 400, "service_principal_missing", FIX),
    ("700022 700023 70011", "invalid_scope", 400, "scope_invalid", NEVER),
    ("700082 700084 70043", "invalid_grant", 400, "stored_sign_in_expired", FIX),
    ("70016", "authorization_pending", 400, "device_code_pending", LATER),
    ("70018", "bad_verification_code", 400, "device_code_expired", FIX),
    ("70019", "expired_token", 400, "device_code_expired", FIX),
    ("70001 70002 70003", "invalid_client", 401, "app_misconfigured", FIX),
    ("90002", "invalid_request", 400, "organization_not_found", NEVER),
    ("900023 5000224", "invalid_request", 400, "organization_unavailable", NEVER),
    ("90006 90024 90033", "temporarily_unavailable", 400, "login_unavailable", AUTO),
    ("90023 9002313 9001023", "invalid_request", 400, "login_request_malformed", FIX),
    ("90038 900382 900384", "invalid_request", 400, "wrong_cloud", FIX),
    ("90055", "temporarily_unavailable", 429, "login_throttled", AUTO),
    ("90072", "interaction_required", 400, "no_gdap_access", FIX),
    ("90094", "consent_required", 400, "admin_consent_required", FIX),
    ("90099", "invalid_grant", 400, "partner_consent_missing", FIX),
]
ROWS = [
    (int(code), word, status, error_class, retry)
    for codes, word, status, error_class, retry in CODES
    for code in codes.split()
]


def refused(tokens: AppOnlyTokens) -> TokenFailure:
    with pytest.raises(TokenFailure) as caught:
        tokens.acquire(ORGANIZATION, EXCHANGE)
    return caught.value


def test_the_table_holds_every_code_of_the_catalogue() -> None:
    numbers = {code for code in BY_CODE if code.startswith("AADSTS")}

    assert numbers == {f"AADSTS{row[0]}" for row in ROWS}
    assert len(numbers) == 86


@pytest.mark.parametrize("row", ROWS, ids=[f"AADSTS{row[0]}" for row in ROWS])
def test_a_code_of_the_login_host(
    tokens: AppOnlyTokens, login: LoginStub, row: tuple[int, str, int, str, Retry]
) -> None:
    number, word, status, error_class, retry = row
    login.replies = [error(number, word, status)]

    failure = refused(tokens)

    assert (failure.explanation.error_class, failure.explanation.retry) == (error_class, retry)
    assert failure.explanation.did_it_run is DidItRun.NO
    assert failure.code == f"AADSTS{number}"


@pytest.mark.parametrize("row", ROWS, ids=[f"AADSTS{row[0]}" for row in ROWS])
def test_a_code_that_only_the_text_names(
    tokens: AppOnlyTokens, login: LoginStub, row: tuple[int, str, int, str, Retry]
) -> None:
    number, word, status, error_class, _ = row
    login.replies = [httpx.Response(status, json={"error": word, "error_description": f"AADSTS{number}: Text."})]

    assert refused(tokens).explanation.error_class == error_class


@pytest.mark.parametrize(
    ("word", "error_class", "retry"),
    [
        ("authorization_pending", "device_code_pending", LATER),
        ("slow_down", "device_code_pending", LATER),
        ("expired_token", "device_code_expired", FIX),
        ("bad_verification_code", "device_code_expired", FIX),
        ("authorization_declined", "device_sign_in_declined", FIX),
        ("access_denied", "device_sign_in_declined", FIX),
        ("temporarily_unavailable", "login_unavailable", AUTO),
        ("a_word_of_next_year", "login_refused", FIX),
    ],
)
def test_an_error_word_without_a_code(login: LoginStub, word: str, error_class: str, retry: Retry) -> None:  # F15
    failure = from_answer({"error": word, "error_description": ""}, LoginHttp(transport=login))

    assert (failure.explanation.error_class, failure.explanation.retry) == (error_class, retry)


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (httpx.Response(429, text="<html>slow down"), "login_throttled"),
        (httpx.Response(500, text="down"), "login_unavailable"),
        (httpx.Response(503, json={"error": "temporarily_unavailable"}), "login_unavailable"),
        (httpx.Response(200, text="<html>sign in to the guest network"), "login_unreadable"),
        (httpx.ConnectError("no route"), "login_unreachable"),
        (httpx.ReadTimeout("slow"), "login_unreachable"),
    ],
)
def test_no_answer_of_the_login_host(
    tokens: AppOnlyTokens, login: LoginStub, reply: httpx.Response | Exception, error_class: str
) -> None:  # F11
    login.replies = [reply]

    assert refused(tokens).explanation.error_class == error_class


@pytest.mark.parametrize(
    ("token", "error_class"),
    [
        ({"tenant_id": OTHER}, "wrong_organization"),  # F17
        ({"audience": "https://graph.microsoft.com"}, "wrong_audience"),
        ({"roles": []}, "permission_missing_in_token"),
    ],
)
def test_a_token_that_must_not_be_used(
    tokens: AppOnlyTokens, login: LoginStub, token: dict[str, Any], error_class: str
) -> None:
    login.token = lambda tenant, form: make_token(**token)

    failure = refused(tokens)

    assert failure.explanation.error_class == error_class
    assert failure.explanation.did_it_run is DidItRun.NO


@pytest.mark.parametrize(("code", "seconds"), [(50196, 300), (700027, 10), (700030, 10), (650051, 30), (65001, None)])
def test_a_wait_that_microsoft_does_not_name(
    tokens: AppOnlyTokens, login: LoginStub, code: int, seconds: int | None
) -> None:
    login.replies = [error(code)]

    assert refused(tokens).retry_after == seconds


def test_a_wait_that_microsoft_names_wins(tokens: AppOnlyTokens, login: LoginStub) -> None:
    login.replies = [error(50196, Retry_After="7")]

    assert refused(tokens).retry_after == timedelta(seconds=7).total_seconds()


def test_what_fails_in_every_organization_of_the_partner() -> None:  # F4, F10
    everywhere = {code for code, explanation in BY_CODE.items() if explanation.whole_partner}

    assert everywhere == {f"AADSTS{number}" for number in EVERYWHERE.split()}
