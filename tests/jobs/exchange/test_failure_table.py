"""Every row F27 to F68 of exchange-protocol.md 5.3-5.5 that one call can meet: what comes in, and what it is called.

Row F61 is kept away by the validation before anything is sent; F64-F66 belong to batches, which are not used.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs import exchange
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.remarks import REMARKS
from portal.core.explanations import Retry
from tests.jobs.exchange.server import Broken, ExchangeStub, FakeToken, in_turn, make_spec, reply, rows

GOLDEN = Path(__file__).parent / "golden"
NO, YES, UNKNOWN = Ran.NO, Ran.YES, Ran.UNKNOWN
AUTO, LATER, FIX, NEVER = Retry.AUTOMATIC, Retry.LATER, Retry.AFTER_FIX, Retry.NEVER


def golden(name: str, status: int) -> httpx.Response:
    return reply(status, (GOLDEN / f"{name}.json").read_bytes())


def failed(status: int, kind: str = "", text: str = "text", code: str = "BadRequest", **headers: str) -> httpx.Response:
    details = [{"code": "Client", "target": "", "message": f"|Microsoft.Exchange.{kind}|{text}" if kind else text}]
    error = {"code": code, "message": "Error executing cmdlet", "details": details}
    return reply(status, {"error": error}, **headers)


CAE = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
SCOPE = "'x' isn't within your current write scopes. Can't perform save operation."
PAGE_LINK = (
    "https://outlook.office365.com/adminapi/beta/3750b40b-a68b-4632-9fb3-5b1aff664079/InvokeCommand?%24skiptoken=A"
)

# row, what the server does, error class, ran, answered, retry of a read, retry of a change
ROWS: list[tuple[str, list[Any], str, Ran, bool, Retry, Retry]] = [
    ("F27", [reply(401, b""), reply(401, b"UnAuthorized")], "token_refused", NO, False, FIX, FIX),
    ("F28", [reply(401, b"", WWW_Authenticate=CAE)] * 2, "session_revoked", NO, False, FIX, FIX),
    ("F29", [reply(403, b"\0" * 4096)], "role_missing", NO, True, FIX, FIX),
    ("F30", [reply(403, b"", x_ms_diagnostics='2000003;reason="no"')], "rbac_denied", NO, True, FIX, FIX),
    ("F31", [failed(403, "", "User is not allowed to call Get-Mailbox")], "cmdlet_not_granted", NO, True, FIX, FIX),
    (
        "F32",
        [reply(403, b"The role assigned to application x isn't supported in this scenario.")],
        "app_role_unsupported",
        NO,
        True,
        FIX,
        FIX,
    ),
    ("F33", [reply(403, b"\0\0")], "parameter_not_granted", NO, True, NEVER, NEVER),
    ("F34", [failed(400, "A.OperationException", SCOPE)], "out_of_write_scope", NO, True, NEVER, NEVER),
    ("F36", [golden("unknown_parameter", 400)], "unknown_parameter", NO, True, NEVER, NEVER),
    ("F37", [golden("invalid_enum", 400)], "bad_value", NO, True, NEVER, NEVER),
    ("F38", [failed(400, "", "cannot convert JObject to PswsHashtable")], "encoding_fault", NO, True, NEVER, NEVER),
    ("F39", [golden("not_found", 404)], "object_not_found", NO, True, NEVER, NEVER),
    (
        "F39 by code",
        [reply(400, {"error": {"details": [{"message": "Ex94914C|A.B|x"}]}})],
        "object_not_found",
        NO,
        True,
        NEVER,
        NEVER,
    ),
    ("F40", [failed(400, "Directory.ADObjectAlreadyExistsException")], "already_exists", NO, True, NEVER, NEVER),
    ("F41", [failed(400, "A.MemberAlreadyExistsException")], "no_change_needed", NO, True, NEVER, NEVER),
    ("F41 absent", [failed(400, "", "'x' isn't a member of the group")], "no_change_needed", NO, True, NEVER, NEVER),
    (
        "F42",
        [failed(400, "", "run the command: Enable-OrganizationCustomization.")],
        "organization_dehydrated",
        NO,
        True,
        FIX,
        FIX,
    ),
    ("F44", [failed(400, "A.RmsTemplateNotFoundException")], "data_refused", NO, True, NEVER, NEVER),
    ("F45", [reply(404, b"<html>not here</html>")], "wrong_address", NO, False, NEVER, NEVER),
    ("F46", [reply(302, b"", Location="https://evil.example/")], "redirect_refused", NO, False, NEVER, NEVER),
    ("F47", [reply(429, b"", Retry_After="20")], "throttled", NO, False, AUTO, AUTO),
    ("F48", [reply(503, b"")], "service_unavailable", UNKNOWN, False, AUTO, FIX),
    ("F49", [reply(504, b"<html>")], "gateway_timeout", UNKNOWN, False, AUTO, FIX),
    ("F50", [golden("directory_unavailable", 500)], "directory_unavailable", UNKNOWN, False, AUTO, FIX),
    ("F51", [failed(500, "A.DCOverloadedException")], "server_busy", NO, False, AUTO, AUTO),
    ("F51", [failed(500, "A.SuitabilityDirectoryException")], "server_busy", NO, False, AUTO, AUTO),
    ("F51", [failed(500, "", "ServerInMMException: x")], "server_busy", NO, False, AUTO, AUTO),
    ("F51", [failed(500, "A.ADServerSettingsChangedException")], "server_busy", NO, False, AUTO, AUTO),
    ("F51", [failed(500, "A.StorageTransientException")], "storage_disturbed", UNKNOWN, False, AUTO, FIX),
    ("F52", [failed(500, "", "A server side error has occurred")], "server_side_error", UNKNOWN, False, AUTO, FIX),
    ("F53", [httpx.ReadTimeout("slow")], "no_answer_in_time", UNKNOWN, False, AUTO, FIX),
    ("F54", [httpx.RemoteProtocolError("disconnected")], "connection_lost", UNKNOWN, False, AUTO, FIX),
    ("F54", [httpx.ReadError("reset")], "connection_lost", UNKNOWN, False, AUTO, FIX),
    (
        "F54 in the body",
        [httpx.Response(200, stream=Broken(b'{"value"', httpx.ReadError("reset")))],
        "connection_lost",
        UNKNOWN,
        False,
        AUTO,
        FIX,
    ),
    ("F55", [httpx.ConnectError("no route")], "unreachable", NO, False, AUTO, AUTO),
    ("F55", [httpx.PoolTimeout("busy")], "unreachable", NO, False, AUTO, AUTO),
    ("F56", [httpx.WriteError("reset")], "sending_interrupted", UNKNOWN, False, AUTO, FIX),
    ("F58", [reply(200, b"<html>")], "unreadable_answer", UNKNOWN, False, AUTO, FIX),
    ("F58 empty", [reply(200, b"")], "unreadable_answer", UNKNOWN, False, AUTO, FIX),
    (
        "F62",
        [rows(members={"@adminapi.confirmationmessage": "Are you sure?"})],
        "confirmation_pending",
        NO,
        False,
        FIX,
        FIX,
    ),
    (
        "F57",
        [reply(400, {"error": {"details": [{"message": "Ex6F9304|A.B|x"}]}}, Content_Encoding="gzip")],
        "object_not_found",
        NO,
        True,
        NEVER,
        NEVER,
    ),
    (
        "F68",
        [failed(500, "", "Fail to create a runspace because you have exceeded the maximum number of connections: 3")],
        "runspace_limit",
        NO,
        False,
        LATER,
        LATER,
    ),
    ("unknown refusal", [failed(400, "A.SomethingNewException")], "cmdlet_refused", NO, True, NEVER, NEVER),
    (
        "refusal cut off",
        [httpx.Response(429, stream=Broken(b"", httpx.ReadError("reset")))],
        "throttled",
        NO,
        False,
        AUTO,
        AUTO,
    ),
]


@pytest.mark.parametrize("reads", [True, False], ids=["read", "change"])
@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}-{row[2]}" for row in ROWS])
def test_failures_of_a_cmdlet(row: tuple[str, list[Any], str, Ran, bool, Retry, Retry], reads: bool) -> None:
    name, replies, error_class, ran, answered, retry_of_read, retry_of_change = row
    replies = [_again(item) for item in replies]
    tokens = iter([FakeToken(), FakeToken(), FakeToken("token-2")])
    parameters = {} if name == "F29" else {"Identity": "x"}

    with connect(
        make_spec(), lambda claims: next(tokens), commands=["Set-Mailbox"], transport=ExchangeStub(in_turn(*replies))
    ) as connection:
        with pytest.raises(CallFailed) as caught:
            connection.invoke("Set-Mailbox", parameters, reads=reads)

    failure = caught.value
    assert (failure.explanation.error_class, failure.ran, failure.answered) == (error_class, ran, answered)
    assert failure.retry is (retry_of_read if reads else retry_of_change)
    assert len(failure.exchanges) == len(replies)


def test_a_cmdlet_that_is_not_offered_is_not_sent() -> None:  # F35
    stub = ExchangeStub(cmdlets="Get-Mailbox")
    with pytest.raises(CallFailed) as caught:
        with connect(make_spec(), lambda claims: FakeToken(), commands=["Get-Mailbox", "Set-Mailbox"], transport=stub):
            raise AssertionError("opened")

    assert caught.value.explanation.error_class == "cmdlet_absent"
    assert (caught.value.ran, caught.value.answered, caught.value.retry) == (NO, True, FIX)
    assert caught.value.detail == "Set-Mailbox"
    assert stub.cmdlet_requests == []  # opening sends no cmdlet that nobody declared


@pytest.mark.parametrize(
    ("probe", "error_class"),
    [
        (reply(403, b"\0\0"), "role_missing"),
        (reply(403, b"The role assigned to application x isn't supported in this scenario."), "app_role_unsupported"),
        (reply(403, b"", x_ms_diagnostics="2000003"), "cmdlet_absent"),
        (httpx.ReadTimeout("slow"), "cmdlet_absent"),
    ],
)
def test_an_identity_without_any_role_is_told_so(probe: httpx.Response | Exception, error_class: str) -> None:
    stub = ExchangeStub(in_turn(probe), cmdlets="")
    declared: list[tuple[str, str, int]] = []

    def declare(cmdlet: str, request_id: str) -> None:
        declared.append((cmdlet, request_id, len(stub.cmdlet_requests)))

    with pytest.raises(CallFailed) as caught:
        with connect(
            make_spec(),
            lambda claims: FakeToken(),
            commands=["Get-Mailbox"],
            transport=stub,
            before_probe=declare,
        ):
            raise AssertionError("opened")

    (sent,) = stub.cmdlet_requests
    assert declared == [(sent.headers["X-CmdletName"], sent.headers["client-request-id"], 0)]
    assert declared[0][0] == "Get-OrganizationConfig"
    assert (caught.value.explanation.error_class, caught.value.answered, caught.value.ran) == (error_class, True, NO)
    assert len(caught.value.exchanges) == 2


def test_errors_beside_objects_are_an_answer() -> None:  # F59
    message = "|Microsoft.Exchange.Some.PartException|half of it failed"
    stub = ExchangeStub(in_turn(rows("one", members={"@adminapi.errors": [message, json.dumps({"Message": "m"})]})))
    with connect(make_spec(), lambda claims: FakeToken(), commands=["Set-Mailbox"], transport=stub) as connection:
        answer = connection.invoke("Set-Mailbox", {}, reads=False)

    assert [(error.type_name, error.message) for error in answer.errors] == [
        ("PartException", "half of it failed"),
        ("", "m"),
    ]
    assert answer.rows == ({"Name": "one"},)


def test_a_delay_is_only_a_warning() -> None:  # F63
    warning = "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True"
    stub = ExchangeStub(in_turn(rows("one", members={"@adminapi.warnings": [warning]})))
    with connect(make_spec(), lambda claims: FakeToken(), commands=["Get-Mailbox"], transport=stub) as connection:
        answer = connection.invoke("Get-Mailbox", {}, reads=True)

    assert (answer.rows, answer.warnings, answer.errors) == (({"Name": "one"},), (warning,), ())
    assert REMARKS["micro_delay"].is_told_by(warning)


def test_no_batch_is_ever_sent() -> None:  # F64, F65, F66
    sources = [path.read_text() for path in Path(exchange.__path__[0]).glob("*.py")]

    assert len(sources) > 10
    assert not [source for source in sources if "$batch" in source]


def test_an_expired_page_that_stays_expired_fails_the_whole_read() -> None:  # F43
    expired = [rows("one", link=PAGE_LINK), golden("expired_page", 400)] * 2
    stub = ExchangeStub(in_turn(*[_again(item) for item in expired]))
    with connect(make_spec(), lambda claims: FakeToken(), commands=["Get-Mailbox"], transport=stub) as connection:
        with pytest.raises(CallFailed) as caught:
            connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

    assert (caught.value.explanation.error_class, caught.value.ran, caught.value.answered) == (
        "page_expired",
        NO,
        False,
    )
    assert caught.value.retry is AUTO
    assert len(stub.cmdlet_requests) == 4


@pytest.mark.parametrize(
    ("second", "error_class"),
    [
        (reply(200, {"@adminapi.warnings": []}), "incomplete_answer"),  # F67
        (reply(200, b""), "unreadable_answer"),
        (reply(503, b""), "service_unavailable"),
        (rows("two", link=PAGE_LINK), "incomplete_answer"),
        (
            rows(
                "two",
                members={"@adminapi.warnings": ["There are more results available than are currently displayed. To…"]},
            ),
            "incomplete_answer",  # F60
        ),
    ],
)
def test_a_short_list_is_never_returned(second: httpx.Response, error_class: str) -> None:
    stub = ExchangeStub(in_turn(rows("one", link=PAGE_LINK), _again(second)))
    with connect(make_spec(), lambda claims: FakeToken(), commands=["Get-Mailbox"], transport=stub) as connection:
        with pytest.raises(CallFailed) as caught:
            connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

    assert caught.value.explanation.error_class == error_class


def _again(item: Any) -> Any:
    """A response is read once; tests that share one need a new copy each time."""
    if not isinstance(item, httpx.Response):
        return item
    stream = item.stream
    if isinstance(stream, httpx.ByteStream):
        stream = httpx.ByteStream(b"".join(stream))
    return httpx.Response(item.status_code, headers=item.headers, stream=stream)
