"""Error answers of login, Graph and Exchange in their documented shapes (exchange-protocol.md 2.9, 3.6, 8)."""

import itertools
import uuid
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import orjson

from portal.sandbox.aadsts import AADSTS, SUBERRORS, status_of
from portal.sandbox.http import Json, Response, json_response

_ENCODINGS = itertools.cycle(("pipe", "context", "json"))


class _Blanks(dict[str, str]):
    """Values for the placeholders of a text; a missing one stands for itself."""

    def __missing__(self, name: str) -> str:
        return name


def aadsts(code: int, error: str = "", **values: str) -> Response:
    """Answer of the login service for an AADSTS code; `error` replaces its usual OAuth error."""
    body = aadsts_body(code, error, **values)
    headers = [("retry-after", "5")] if status_of(code) == 429 else []
    return json_response(status_of(code), body, headers)


def aadsts_body(code: int, error: str = "", **values: str) -> Json:
    """What the login service says about an AADSTS code, in its JSON answers and on its pages (2.9)."""
    usual, template = AADSTS[code]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    body: Json = {
        "error": error or usual,
        "error_description": (
            f"AADSTS{code}: {template.format_map(_Blanks(values))} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {now}"
        ),
        "error_codes": [code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    if code in SUBERRORS:
        body["suberror"] = SUBERRORS[code]
    return body


def graph_error(status: int, code: str, message: str) -> Response:
    """Error of Microsoft Graph."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": str(uuid.uuid4()),
    }
    return json_response(status, {"error": {"code": code, "message": message, "innerError": inner}})


class CmdletError(Exception):
    """A cmdlet's refusal: the exception type that Exchange names, its text and the HTTP status."""

    def __init__(self, exception_type: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.exception_type = exception_type
        self.text = text
        self.status = status


AMBIGUOUS = "Microsoft.Exchange.AdminApi.CommandInvocation.AmbiguousParameterSetException"
TRANSFORMATION = "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterTransformationException"
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
ALREADY_EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
MEMBER_EXISTS = "Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException"
MEMBER_MISSING = "Microsoft.Exchange.Management.Tasks.MemberNotFoundException"
DEHYDRATED = "Microsoft.Exchange.Configuration.Tasks.InvalidOperationInDehydratedContextException"
VALIDATION = "Microsoft.Exchange.Data.DataValidationException"
ODATA = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"
_EX_CODES = {NOT_FOUND: "Ex6F9304"}


def cmdlet_error(error: CmdletError) -> Response:
    """Answer for a cmdlet's refusal.

    Unknown parameters (F36) and bad values (F37) have the captured shapes of 3.6 and 8.3; every other type rotates
    through the three encodings of `details[].message`.
    """
    if error.exception_type == TRANSFORMATION:
        return invalid_operation(error, details=False)
    if error.exception_type == AMBIGUOUS:
        return invalid_operation(error, details=True)
    encoding = next(_ENCODINGS)
    code = "NotFound" if error.status == 404 else "BadRequest"
    if encoding == "pipe":
        detail = ("Client", f"|{error.exception_type}|{error.text}")
    elif encoding == "context":
        detail = ("Context", f"{_ex_code(error.exception_type)}|{error.exception_type}|{error.text}")
    else:
        text = {"Message": error.text, "TypeName": error.exception_type, "StackTrace": None, "InnerError": None}
        detail = ("Context", orjson.dumps(text).decode())
    body = {
        "error": {
            "code": code,
            "message": "Error executing cmdlet",
            "details": [{"code": detail[0], "target": "", "message": detail[1]}],
            "innererror": {"message": "Error executing cmdlet", "type": ODATA, "stacktrace": ""},
        },
        **warnings_members([]),
    }
    return json_response(error.status, body, [("x-ExceptionType", error.exception_type.rpartition(".")[2])])


def invalid_operation(error: CmdletError, *, details: bool) -> Response:
    """Answer "Invalid Operation" with the reason in `innererror.internalexception` (8.3, 8.5)."""
    internal = {"message": error.text, "type": error.exception_type, "stacktrace": ""}
    content: Json = {"code": "BadRequest", "message": "Invalid Operation"}
    if details:
        message = f"|{error.exception_type}|{error.text}"
        content["details"] = [{"code": "Client", "target": "", "message": message}]
    content["innererror"] = {
        "message": "Invalid Operation",
        "type": ODATA,
        "stacktrace": "",
        "internalexception": internal,
    }
    return json_response(error.status, {"error": content, **warnings_members([])})


def warnings_members(warnings: Iterable[str]) -> Json:
    """The members that carry warnings on every answer of Exchange."""
    return {"adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": list(warnings)}


def nul_403() -> Response:
    """403 with 4,096 NUL bytes and no diagnostics (F29)."""
    return Response(403, b"\0" * 4096, [("content-type", "application/octet-stream")])


def rbac_403(cmdlet: str) -> Response:
    """403 whose reason is in `x-ms-diagnostics` (F30)."""
    reason = f'2000003;reason="The user is not allowed to call {cmdlet}.";error_category="invalid_user"'
    return Response(403, b"", [("x-ms-diagnostics", reason)])


def unsupported_role_403(application_id: str) -> Response:
    """403 for an application whose directory role Exchange does not support (F32)."""
    text = (
        f"The role assigned to application {application_id} isn't supported in this scenario. Please check online "
        "documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication."
    )
    return Response(403, text.encode(), [("content-type", "text/plain; charset=utf-8")])


def _ex_code(exception_type: str) -> str:
    return _EX_CODES.get(exception_type) or f"Ex{zlib.crc32(exception_type.encode()) & 0xFFFFFF:06X}"
