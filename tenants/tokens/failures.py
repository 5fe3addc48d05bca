"""Why no usable token came: one exception for everything that msal and the login host can do."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from msal.exceptions import MsalServiceError

from portal.core.explanations import Explanation
from tenants.microsoft.environments import ENVIRONMENTS, login_hosts
from tenants.microsoft.errors import parse_json
from tenants.microsoft.http import LoginHttp
from tenants.microsoft.one_line import one_line
from tenants.microsoft.retry_after import retry_after
from tenants.tokens import local_explanations as local
from tenants.tokens.applications import ForeignTokenEndpoint
from tenants.tokens.explanations import BY_CODE, ORGANIZATION

_CODE = re.compile(r"AADSTS\d+")
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class TokenFailure(Exception):
    """No usable token. No cmdlet was sent.

    `code` is Microsoft's ("AADSTS65001") or empty; `text` is Microsoft's own, on one line; `retry_after` is in seconds;
    `partner_wide` says that the same failure is to be expected in every organization of the Partner.
    """

    def __init__(
        self,
        explanation: Explanation,
        *,
        code: str = "",
        text: str = "",
        correlation_id: str = "",
        trace_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text or explanation.title)
        self.explanation = explanation
        self.code = code
        self.text = text
        self.correlation_id = correlation_id
        self.trace_id = trace_id
        self.retry_after = retry_after

    @property
    def partner_wide(self) -> bool:
        """True if the Partner's own credentials are at fault, so that every organization fails alike."""
        return self.explanation.whole_partner


def from_answer(answer: Mapping[str, Any], http: LoginHttp) -> TokenFailure:
    """Return the failure that an error answer of the token endpoint carries (exchange-protocol.md 2.9).

    `http` is the client that fetched it, in the same thread: msal does not hand the headers on.
    """
    text = one_line(answer.get("error_description") or answer.get("error"))
    code = _code_of(answer, text)
    throttled = http.last_status == _TOO_MANY_REQUESTS
    fallback = local.LOGIN_THROTTLED if throttled else local.LOGIN_REFUSED
    explanation = BY_CODE.get(code) or BY_CODE.get(str(answer.get("error"))) or fallback
    waiting = retry_after(http.last_headers, datetime.now(UTC))
    return TokenFailure(
        explanation,
        code=code,
        text=text,
        correlation_id=one_line(answer.get("correlation_id")),
        trace_id=one_line(answer.get("trace_id")),
        retry_after=explanation.wait_seconds if waiting is None else waiting,
    )


def from_exception(error: Exception, http: LoginHttp) -> TokenFailure:
    """Return the failure behind an exception of msal or of the connection (exchange-protocol.md 2.8 item 8, F3, F11).

    msal raises for server errors, for answers that are not JSON or that it cannot use, and for a tenant that does not
    exist. Of an answer with status 2xx, which may hold tokens, only the status and the type of the error are named.
    """
    if isinstance(error, httpx.TransportError):
        return TokenFailure(local.LOGIN_UNREACHABLE, text=one_line(error))
    if isinstance(error, ForeignTokenEndpoint):
        known = any(error.host in login_hosts(environment) for environment in ENVIRONMENTS.values())
        return TokenFailure(ORGANIZATION["wrong_cloud"] if known else local.LOGIN_UNREADABLE, text=one_line(error))
    status = http.last_status
    if isinstance(error, (MsalServiceError, httpx.HTTPStatusError)) or (status or 0) >= _SERVER_ERROR:
        return _from_status(status, http)
    body = parse_json(http.last_text.encode())
    if isinstance(body, dict) and body.get("error"):
        return from_answer(body, http)
    if status == _TOO_MANY_REQUESTS:
        return _from_status(status, http)
    if "authority configuration" in str(error) and status in (400, 404):
        return TokenFailure(ORGANIZATION["organization_not_found"], code="AADSTS90002", text=one_line(error))
    return TokenFailure(
        local.LOGIN_UNREADABLE, text=one_line(http.last_text) or f"HTTP {status}: {type(error).__name__}"
    )


def _from_status(status: int | None, http: LoginHttp) -> TokenFailure:
    explanation = local.LOGIN_THROTTLED if status == _TOO_MANY_REQUESTS else local.LOGIN_UNAVAILABLE
    return TokenFailure(
        explanation,
        text=one_line(http.last_text) or f"HTTP {status}",
        retry_after=retry_after(http.last_headers, datetime.now(UTC)),
    )


def _code_of(answer: Mapping[str, Any], text: str) -> str:
    """Return "AADSTS" and the number, empty where the answer names none."""
    codes = answer.get("error_codes")
    if isinstance(codes, list) and codes:
        return f"AADSTS{codes[0]}"
    found = _CODE.search(text)
    return found.group() if found else ""
