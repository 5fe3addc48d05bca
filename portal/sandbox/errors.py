"""Error answers of login, Graph and Exchange in their documented shapes (exchange-protocol.md 2.9, 3.6, 8)."""

import itertools
import uuid
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import orjson

from portal.sandbox.http import Json, Response, json_response

INVALID_GRANT, INVALID_CLIENT, INVALID_REQUEST = "invalid_grant", "invalid_client", "invalid_request"
UNAUTHORIZED_CLIENT, INTERACTION_REQUIRED = "unauthorized_client", "interaction_required"

AADSTS: dict[int, tuple[str, str]] = {
    50020: (
        INVALID_GRANT,
        "User account '{user}' from identity provider 'https://sts.windows.net/{home}/' does not exist in tenant "
        "'{tenant}' and cannot access the application '{client}' in that tenant.",
    ),
    50034: (INVALID_GRANT, "The user account {user} does not exist in the {tenant} directory."),
    50053: (INVALID_GRANT, "The account is locked."),
    50055: (INVALID_GRANT, "The password is expired."),
    50057: (INVALID_GRANT, "The user account is disabled."),
    50076: (
        INTERACTION_REQUIRED,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access '{resource}'.",
    ),
    50173: (INVALID_GRANT, "The provided grant has expired due to it being revoked, a fresh auth token is needed."),
    500011: (
        INVALID_REQUEST,
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in it.",
    ),
    500014: (INVALID_REQUEST, "The service principal for resource '{resource}' is disabled."),
    53003: (
        INTERACTION_REQUIRED,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    54005: (INVALID_GRANT, "The authorization code was already redeemed."),
    65001: (
        INVALID_GRANT,
        "The user or administrator has not consented to use the application with ID '{client}' named '{name}'. "
        "Send an interactive authorization request for this user and resource.",
    ),
    70000: (INVALID_GRANT, "The provided grant is invalid for this client."),
    70003: ("unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70008: (INVALID_GRANT, "The provided authorization code or refresh token has expired due to inactivity."),
    70011: (
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The scope {scope} is not valid.",
    ),
    700016: (
        UNAUTHORIZED_CLIENT,
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in it.",
    ),
    700025: (INVALID_CLIENT, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    700027: (INVALID_CLIENT, "Client assertion contains an invalid signature. [Reason - {reason}]"),
    700082: (INVALID_GRANT, "The refresh token has expired due to inactivity."),
    7000112: (UNAUTHORIZED_CLIENT, "Application '{client}'({name}) is disabled."),
    7000215: (
        INVALID_CLIENT,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{client}'.",
    ),
    7000218: (
        INVALID_CLIENT,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    90002: (
        INVALID_REQUEST,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. This may happen if there are no active subscriptions for the tenant.",
    ),
    90038: (
        INVALID_REQUEST,
        "The specified tenant '{tenant}' belongs to another National Cloud. The current cloud instance does not "
        "federate with it.",
    ),
    900382: (INVALID_REQUEST, "Public Client is not supported in Cross Cloud request for tenant '{tenant}'."),
    900384: (INVALID_REQUEST, "Confidential Client is not supported in Cross Cloud request for tenant '{tenant}'."),
    90014: (INVALID_REQUEST, "The required field '{field}' is missing from the credential."),
    900144: (INVALID_REQUEST, "The request body must contain the following parameter: '{field}'."),
}
SUBERRORS = {65001: "consent_required", 53003: "message_only", 50076: "basic_action"}

_ENCODINGS = itertools.cycle(("pipe", "context", "json"))


def aadsts(code: int, **values: str) -> Response:
    """Answer of the login service for an AADSTS code: 401 for `invalid_client`, else 400."""
    error, template = AADSTS[code]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    body: Json = {
        "error": error,
        "error_description": (
            f"AADSTS{code}: {template.format_map(values)} Trace ID: {trace} Correlation ID: {correlation} "
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
    return json_response(401 if error == INVALID_CLIENT else 400, body)


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
