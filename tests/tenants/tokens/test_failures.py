import logging
import re
import traceback
from pathlib import Path

import httpx
import pytest

from portal.core.secrets.secret import Secret
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.tokens.applications import Application, MsalApplications
from tenants.tokens.delegated import DelegatedTokens
from tenants.tokens.explanations import EXPLANATIONS
from tenants.tokens.failures import TokenFailure
from tests.tenants.tokens.login_stub import EXCHANGE, ORGANIZATION, LoginStub, make_token


def test_explanations_are_specific() -> None:
    explanations = {explanation.error_class: explanation for explanation in EXPLANATIONS}

    assert len({explanation.meaning for explanation in explanations.values()}) == len(explanations)
    assert len({explanation.title for explanation in explanations.values()}) == len(explanations)
    for explanation in explanations.values():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", explanation.error_class)
        assert 3 <= len(explanation.title.split()) <= 6, explanation.title
        assert explanation.fix.endswith(".")


REFRESH_TOKEN = "1.Ab" + 60 * "cDe-_" + "sent"


@pytest.fixture
def delegated(application: Application, applications: MsalApplications) -> DelegatedTokens:
    return DelegatedTokens(
        ENVIRONMENTS["O365Default"], application, applications, refresh_token=lambda: Secret(REFRESH_TOKEN)
    )


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
