"""Which failure an unsuccessful answer, or a broken connection, is (exchange-protocol.md 5.3-5.5 and 6.1).

By exception type, then Exchange's own code, then status; by English text only where Microsoft gives nothing else.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import httpx

from jobs.exchange import disturbances, refusals
from jobs.exchange.errors import ServerError
from jobs.exchange.failures import CallFailed, Ran
from portal.core.explanations import DidItRun, Explanation, Retry, by_code
from tenants.microsoft.retry_after import retry_after

# By exception type without its namespace, and by Exchange's own "Ex…" code.
_REFUSED_BY_CODE: Mapping[str, Explanation] = by_code(refusals.REFUSALS.values())
_DISTURBED_BY_TYPE: Mapping[str, Explanation] = by_code(disturbances.DISTURBANCES.values())
_RAN: Mapping[DidItRun, Ran] = {DidItRun.NO: Ran.NO, DidItRun.YES: Ran.YES, DidItRun.MAYBE: Ran.UNKNOWN}
_DISTURBED_BY_STATUS: Mapping[int, Explanation] = {
    408: disturbances.NO_ANSWER_IN_TIME,
    503: disturbances.SERVICE_UNAVAILABLE,
    504: disturbances.GATEWAY_TIMEOUT,
}


def from_response(
    error: ServerError,
    headers: Mapping[str, str],
    *,
    reads: bool,
    may_run: bool = False,
    has_parameters: bool = False,
    now: datetime,
) -> CallFailed:
    """Return the failure that an answer with a status other than 2xx means.

    `reads` says that the cmdlet changes nothing; `may_run` that Exchange listed it as allowed; `now` is aware UTC.
    """
    if error.status in (401, 403):
        refused, answered = _denied(error, may_run=may_run, has_parameters=has_parameters)
        return CallFailed(refused, ran=Ran.NO, answered=answered, detail=error.message, server_error=error)
    if error.status == httpx.codes.TOO_MANY_REQUESTS or 300 <= error.status < 400:
        return _turned_away(error, headers, now)
    disturbed = _disturbed(error)
    if disturbed is None:
        return _refused(error)
    explanation, ran = disturbed
    return CallFailed(
        explanation,
        ran=ran,
        retry=retry_of(explanation, ran, reads=reads),
        retry_after=retry_after(headers, now),
        detail=error.message,
        server_error=error,
    )


def from_transport_error(error: Exception, *, reads: bool) -> CallFailed:
    """Return the failure that an exception of the HTTP client means (F53-F56)."""
    explanation, ran = _broken(error)
    return CallFailed(
        explanation, ran=ran, retry=retry_of(explanation, ran, reads=reads), detail=str(error) or type(error).__name__
    )


def retry_of(explanation: Explanation, ran: Ran, *, reads: bool) -> Retry:
    """Return whether trying again helps: a change that may have run is nothing for a machine to repeat."""
    return explanation.retry if reads or ran is Ran.NO else Retry.AFTER_FIX


def is_expired_page(error: ServerError) -> bool:
    """True if Exchange no longer knows the next page (F43)."""
    return error.status == httpx.codes.BAD_REQUEST and disturbances.PAGE_EXPIRED.is_told_by(error.message)


def _denied(error: ServerError, *, may_run: bool, has_parameters: bool) -> tuple[Explanation, bool]:
    """Return what a 401 or 403 means, and whether it is Exchange's answer about this cmdlet."""
    if told := _told(refusals.REFUSALS.values(), error.message):
        return told, True
    if error.status == httpx.codes.UNAUTHORIZED:
        challenged = "insufficient_claims" in error.authenticate
        return (refusals.SESSION_REVOKED if challenged else refusals.TOKEN_REFUSED), False
    if error.diagnostics or error.is_json:
        return refusals.RBAC_DENIED, True
    if not error.is_blank:
        return refusals.REQUEST_REFUSED, False
    return (refusals.PARAMETER_NOT_GRANTED if may_run and has_parameters else refusals.ROLE_MISSING), True


def _turned_away(error: ServerError, headers: Mapping[str, str], now: datetime) -> CallFailed:
    throttled = error.status == httpx.codes.TOO_MANY_REQUESTS
    return CallFailed(
        disturbances.THROTTLED if throttled else disturbances.REDIRECT_REFUSED,
        ran=Ran.NO,
        retry_after=retry_after(headers, now) if throttled else None,
        detail=error.message,
        server_error=error,
    )


def _disturbed(error: ServerError) -> tuple[Explanation, Ran] | None:
    """Return what broke on Exchange's side and whether the cmdlet ran, or None if it was refused."""
    explanation = _disturbance(error)
    return (explanation, _RAN[explanation.did_it_run]) if explanation else None


def _disturbance(error: ServerError) -> Explanation | None:
    if is_expired_page(error):
        return disturbances.PAGE_EXPIRED
    if disturbances.RUNSPACE_LIMIT.is_told_by(error.message):
        return disturbances.RUNSPACE_LIMIT
    if error.type_name in _DISTURBED_BY_TYPE:
        return _DISTURBED_BY_TYPE[error.type_name]
    if error.type_name in _REFUSED_BY_CODE or error.ex_code in _REFUSED_BY_CODE:
        return None
    named = next((known for name, known in _DISTURBED_BY_TYPE.items() if name in error.message), None)
    by_status = _DISTURBED_BY_STATUS.get(error.status)
    broken = disturbances.SERVER_SIDE_ERROR if error.status >= httpx.codes.INTERNAL_SERVER_ERROR else None
    return named or by_status or broken


def _refused(error: ServerError) -> CallFailed:
    explanation = (
        _REFUSED_BY_CODE.get(error.type_name)
        or _REFUSED_BY_CODE.get(error.ex_code)
        or _told(refusals.REFUSALS.values(), error.message)
        or _unknown_refusal(error)
    )
    by_exchange = explanation not in (refusals.WRONG_ADDRESS, refusals.REQUEST_REFUSED)
    return CallFailed(explanation, ran=Ran.NO, answered=by_exchange, detail=error.message, server_error=error)


def _told(explanations: Iterable[Explanation], text: str) -> Explanation | None:
    return next((explanation for explanation in explanations if explanation.is_told_by(text)), None)


def _unknown_refusal(error: ServerError) -> Explanation:
    if error.is_json:
        return refusals.CMDLET_REFUSED
    return refusals.WRONG_ADDRESS if error.status == httpx.codes.NOT_FOUND else refusals.REQUEST_REFUSED


def _broken(error: Exception) -> tuple[Explanation, Ran]:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol):
        return disturbances.UNREACHABLE, Ran.NO
    if isinstance(error, httpx.WriteError | httpx.WriteTimeout):
        return disturbances.SENDING_INTERRUPTED, Ran.UNKNOWN
    if isinstance(error, httpx.TimeoutException):
        return disturbances.NO_ANSWER_IN_TIME, Ran.UNKNOWN
    return disturbances.CONNECTION_LOST, Ran.UNKNOWN
