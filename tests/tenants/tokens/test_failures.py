import logging
import re
import traceback
from pathlib import Path

import httpx
import pytest

from portal.core.explanations import Retry
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.tokens.applications import Application, MsalApplications
from tenants.tokens.delegated import DelegatedTokens
from tenants.tokens.explanations import BY_CODE
from tenants.tokens.failures import TokenFailure
from tests.tenants.tokens.login_stub import EXCHANGE, ORGANIZATION, LoginStub, make_token

# Every code of exchange-protocol.md 2.9.
DOCUMENTED = """
50020 50034 51004 50053 50055 50057 50126 50059 50128 900144 90014 50072 50074 50076 50078 50079 50105 50131 53000 53001
53002 53003 53011 530032 530035 50132 50133 50173 50158 50177 50194 50196 500011 500014 500212 500213 530034 54005 70008
70000 65001 65002 65004 650051 650052 650056 650057 700005 700016 700025 7000218 700027 700030 7000112 7000215 7000222
7000229 700022 700023 70011 700082 700084 70043 70016 70018 70019 70001 70002 70003 90002 900023 5000224 90006 90024
90033 90023 9002313 9001023 90038 900382 900384 90055 90072 90094 90099
"""


def test_every_documented_code_has_an_explanation() -> None:
    assert set(BY_CODE) == set(DOCUMENTED.split())


def test_explanations_are_specific() -> None:
    explanations = {explanation.error_class: explanation for explanation in BY_CODE.values()}

    assert len({explanation.meaning for explanation in explanations.values()}) == len(explanations)
    assert len({explanation.title for explanation in explanations.values()}) == len(explanations)
    for explanation in explanations.values():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", explanation.error_class)
        assert 3 <= len(explanation.title.split()) <= 6, explanation.title
        assert explanation.fix.endswith(".")


@pytest.mark.parametrize(
    ("code", "error_class", "retry"),
    [
        ("65001", "no_consent", Retry.AFTER_FIX),
        ("700016", "app_not_found", Retry.AFTER_FIX),
        ("90002", "organization_not_found", Retry.NEVER),
        ("7000222", "client_secret_expired", Retry.AFTER_FIX),
        ("700027", "certificate_not_accepted", Retry.LATER),
        ("50076", "mfa_required", Retry.AFTER_FIX),
        ("50020", "no_gdap_access", Retry.AFTER_FIX),
        ("53003", "conditional_access_blocked", Retry.AFTER_FIX),
        ("500011", "no_exchange_in_organization", Retry.NEVER),
        ("700082", "stored_sign_in_expired", Retry.AFTER_FIX),
        ("90055", "login_throttled", Retry.AUTOMATIC),
        ("50196", "login_loop_detected", Retry.LATER),
        ("90099", "partner_consent_missing", Retry.AFTER_FIX),
        ("530034", "partner_blocked_by_microsoft", Retry.NEVER),
    ],
)
def test_failure_modes_of_the_login_host(code: str, error_class: str, retry: Retry) -> None:
    assert (BY_CODE[code].error_class, BY_CODE[code].retry) == (error_class, retry)


REFRESH_TOKEN = "1.Ab" + 60 * "cDe-_" + "sent"


@pytest.fixture
def delegated(application: Application, applications: MsalApplications) -> DelegatedTokens:
    return DelegatedTokens(ENVIRONMENTS["O365Default"], application, applications, refresh_token=lambda: REFRESH_TOKEN)


def texts_of(failure: TokenFailure) -> str:
    return " ".join([failure.text, str(failure), repr(failure), *traceback.format_exception(failure)])


@pytest.mark.parametrize(
    "faulty",
    [
        {"expires_in": "soon"},
        {"expires_in": 10**30},
        {"ext_expires_in": "later"},
        {"id_token": "a.!!!.c"},
        {"id_token": "x"},
        {"client_info": "!!!"},
        {"client_info": "bm90IGpzb24"},
    ],
    ids=str,
)
def test_tokens_of_an_answer_that_cannot_be_used_are_shown_nowhere(
    delegated: DelegatedTokens,
    login: LoginStub,
    caplog: pytest.LogCaptureFixture,
    faulty: dict[str, object],
) -> None:
    caplog.set_level(logging.DEBUG)
    access_token, refresh_token = make_token(scp="Exchange.Manage"), "0.newer"
    known = {"access_token": access_token, "refresh_token": refresh_token, "expires_in": 3600}
    login.replies = [httpx.Response(200, json=known | faulty)]

    with pytest.raises(TokenFailure) as caught:
        delegated.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.explanation.error_class == "login_unreadable"
    assert re.fullmatch(r"HTTP 200: \w+", caught.value.text)
    for secret in (access_token, refresh_token, REFRESH_TOKEN):
        assert secret not in texts_of(caught.value)
        assert secret not in caplog.text


def test_tokens_of_an_answer_that_was_cut_off_are_shown_nowhere(
    delegated: DelegatedTokens, login: LoginStub, caplog: pytest.LogCaptureFixture
) -> None:
    login.replies = [httpx.Response(200, text='{"access_token": "secret-1", "refresh_token": "secret-2')]

    with pytest.raises(TokenFailure) as caught:
        delegated.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.text == "HTTP 200: JSONDecodeError"
    assert "secret-" not in texts_of(caught.value) + caplog.text


@pytest.mark.parametrize("status", [400, 401, 429, 502])
@pytest.mark.parametrize("as_error", [True, False], ids=["error description", "page"])
def test_what_was_sent_is_shown_nowhere_even_if_the_answer_repeats_it(
    delegated: DelegatedTokens, login: LoginStub, caplog: pytest.LogCaptureFixture, status: int, as_error: bool
) -> None:
    caplog.set_level(logging.DEBUG)

    def repeat(request: httpx.Request) -> httpx.Response:
        text = f"refused: {request.content.decode()} end"
        if as_error:
            return httpx.Response(status, json={"error": "invalid_request", "error_description": text})
        return httpx.Response(status, text=f"<html> {text}")

    login.answer = repeat

    with pytest.raises(TokenFailure) as caught:
        delegated.acquire(ORGANIZATION, EXCHANGE)

    form = login.forms[0]
    assert form["refresh_token"] == REFRESH_TOKEN
    for secret in (REFRESH_TOKEN, form["client_assertion"]):
        assert secret[:40] not in texts_of(caught.value)
        assert secret[:40] not in caplog.text
    assert "refused: (left out) end" in caught.value.text


def test_a_token_that_is_no_header_value_is_refused(delegated: DelegatedTokens, login: LoginStub) -> None:
    login.token = lambda tenant, form: make_token(scp="Exchange.Manage") + "\n"

    with pytest.raises(TokenFailure) as caught:
        delegated.acquire(ORGANIZATION, EXCHANGE)

    assert caught.value.explanation.error_class == "unreadable_token"


def test_no_client_depends_on_django() -> None:
    root = Path(__file__).parents[3]
    files = [
        file
        for folder in ("jobs/exchange", "tenants/microsoft", "tenants/tokens")
        for file in (root / folder).rglob("*.py")
    ]

    assert len(files) > 20
    assert not [file for file in files if re.search(r"^\s*(from|import) django", file.read_text(), re.MULTILINE)]
