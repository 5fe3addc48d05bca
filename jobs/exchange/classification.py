"""Which failure an unsuccessful answer, or a broken connection, is (exchange-protocol.md 5.3-5.5 and 6.1).

By exception type, then Exchange's own code, then status; by English text only where Microsoft gives nothing else.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import httpx

from jobs.exchange import disturbances, refusals
from jobs.exchange.errors import ServerError
from jobs.exchange.failures import CallFailed, Ran
from portal.core.explanations import Explanation, Retry
from tenants.microsoft.retry_after import retry_after

_REFUSED_BY_TYPE: Mapping[str, Explanation] = {
    "AmbiguousParameterSetException": refusals.UNKNOWN_PARAMETER,
    "ParameterTransformationException": refusals.BAD_VALUE,
    "ManagementObjectNotFoundException": refusals.OBJECT_NOT_FOUND,
    "ADObjectAlreadyExistsException": refusals.ALREADY_EXISTS,
    "MemberAlreadyExistsException": refusals.NO_CHANGE_NEEDED,
    "RmsTemplateNotFoundException": refusals.DATA_REFUSED,
}
_REFUSED_BY_EX_CODE: Mapping[str, Explanation] = {
    "Ex6F9304": refusals.OBJECT_NOT_FOUND,
    "Ex94914C": refusals.OBJECT_NOT_FOUND,
}
_REFUSED_BY_TEXT: tuple[tuple[re.Pattern[str], Explanation], ...] = (
    (re.compile(r"JObject.*PswsHashtable", re.DOTALL), refusals.ENCODING_FAULT),
    (re.compile(r"Enable-OrganizationCustomization"), refusals.ORGANIZATION_DEHYDRATED),
    (re.compile(r"RmsTemplateNotFoundException|maximum allowed size"), refusals.DATA_REFUSED),
    (re.compile(r"current write scopes|current user's write scope"), refusals.OUT_OF_WRITE_SCOPE),
    (re.compile(r"is already a member|isn't a member of the group"), refusals.NO_CHANGE_NEEDED),
)
_DISTURBED_BY_TYPE: Mapping[str, tuple[Explanation, Ran]] = {
    "ADTransientException": (disturbances.DIRECTORY_UNAVAILABLE, Ran.UNKNOWN),
    "DCOverloadedException": (disturbances.SERVER_BUSY, Ran.NO),
    "SuitabilityDirectoryException": (disturbances.SERVER_BUSY, Ran.NO),
    "ServerInMMException": (disturbances.SERVER_BUSY, Ran.NO),
    "ADServerSettingsChangedException": (disturbances.SERVER_BUSY, Ran.NO),
    "StorageTransientException": (disturbances.STORAGE_DISTURBED, Ran.UNKNOWN),
}
_DISTURBED_BY_STATUS: Mapping[int, Explanation] = {
    408: disturbances.NO_ANSWER_IN_TIME,
    503: disturbances.SERVICE_UNAVAILABLE,
    504: disturbances.GATEWAY_TIMEOUT,
}
_PAGE_EXPIRED = "Expired or Invalid pagination request"


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
    return error.status == httpx.codes.BAD_REQUEST and _PAGE_EXPIRED in error.message


def _denied(error: ServerError, *, may_run: bool, has_parameters: bool) -> tuple[Explanation, bool]:
    """Return what a 401 or 403 means, and whether it is Exchange's answer about this cmdlet."""
    if "isn't supported in this scenario" in error.message:
        return refusals.APP_ROLE_UNSUPPORTED, True
    if "is not allowed to call" in error.message:
        return refusals.CMDLET_NOT_GRANTED, True
    text = next((found for pattern, found in _REFUSED_BY_TEXT if pattern.search(error.message)), None)
    if text:
        return text, True
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
    if is_expired_page(error):
        return disturbances.PAGE_EXPIRED, Ran.NO
    if error.type_name in _DISTURBED_BY_TYPE:
        return _DISTURBED_BY_TYPE[error.type_name]
    if error.type_name in _REFUSED_BY_TYPE or error.ex_code in _REFUSED_BY_EX_CODE:
        return None
    named = next((known for name, known in _DISTURBED_BY_TYPE.items() if name in error.message), None)
    if named:
        return named
    if error.status in _DISTURBED_BY_STATUS:
        return _DISTURBED_BY_STATUS[error.status], Ran.UNKNOWN
    return (disturbances.SERVER_SIDE_ERROR, Ran.UNKNOWN) if error.status >= httpx.codes.INTERNAL_SERVER_ERROR else None


def _refused(error: ServerError) -> CallFailed:
    explanation = (
        _REFUSED_BY_TYPE.get(error.type_name)
        or _REFUSED_BY_EX_CODE.get(error.ex_code)
        or next((found for pattern, found in _REFUSED_BY_TEXT if pattern.search(error.message)), None)
        or _unknown_refusal(error)
    )
    by_exchange = explanation not in (refusals.WRONG_ADDRESS, refusals.REQUEST_REFUSED)
    return CallFailed(explanation, ran=Ran.NO, answered=by_exchange, detail=error.message, server_error=error)


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
