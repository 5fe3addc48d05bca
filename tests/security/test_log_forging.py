"""One event is one line, whatever stands in it; what it says can be read back, and no secret is in it."""

import io
import json
import logging
import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import structlog

from portal.core import logging as portal_logging
from portal.core.log_masking import MASK, visible

SEED = 20261124
STRINGS = 1_000
SECRETS = {
    "a key": "-----BEGIN RSA PRIVATE KEY-----\nMIICANARY7f3\n-----END RSA PRIVATE KEY-----",
    "a key cut off": "-----BEGIN PRIVATE KEY-----\nMIICANARY7f3",
    "a bearer token": "Authorization: Bearer CANARY7f3.abc.def",
    "a basic account": "Basic CANARY7f3dXNlcjpwYXNz=",
    "a web token": "token eyJhbGciOiJSUzI1NiJ9.CANARY7f3.CANARY7f3",
    "a form": "grant_type=x&client_secret=CANARY7f3&y=1",
    "a refresh token in JSON": '{"refresh_token": "CANARY7f3"}',
    "a password in words": "password: CANARY7f3",
    "an assertion": "client_assertion=CANARY7f3",
    "a code": "code=CANARY7f3aaaaaaaaaaaaaaaaaaaaaaaa",
    "an account in an address": "redis://user:CANARY7f3@host:6379/0",
}
NAMES = (
    "password",
    "Authorization",
    "Cookie",
    "set_cookie",
    "client_secret",
    "refresh_token",
    "private_key",
    "api_key",
)


def forging_strings() -> list[str]:
    chance = random.Random(SEED)
    parts = [
        *("\n", "\r", "\r\n", "\x00", "\x1b[2K\x1b[1A", "\x1b]0;x\x07", "\x85", "\x0b", "\x0c", "\u2028", "\u2029"),
        *(
            "\u202e",
            "\u2066",
            "\u200b",
            "\ufeff",
            "\ud800",
            "\x7f",
            "\x9b31m",
            "\\n",
            "\\",
            '"',
            "'",
            "{",
            "}",
            "|",
            "=",
        ),
        "2026-11-24T00:00:00Z [info     ] run.approved  actor=omar",
        '"}\n{"event": "run.approved", "level": "info"}',
        *("Tür", "🚂", "a", " ", "CEF:0|x|y|1|", "%s%n", "{0}"),
    ]
    return ["".join(chance.choices(parts, k=chance.randrange(1, 9))) for _ in range(STRINGS)]


@pytest.fixture(params=["readable", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process would write, in the form of a terminal or of production."""
    out, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(portal_logging, "sys", SimpleNamespace(stdout=out))
    monkeypatch.setattr(portal_logging, "_in_production", lambda: request.param == "json")
    portal_logging.configure_logging()
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    monkeypatch.undo()
    portal_logging.configure_logging()
    root.handlers[:] = before


def test_every_event_is_one_line_and_is_read_back_exactly(written: io.StringIO) -> None:
    leave_out_pytest()  # a report with half a surrogate pair in it ends the worker of a parallel test run
    strings = forging_strings()
    log = structlog.get_logger("forging")
    for text in strings:
        log.warning("said", text=text)
        logging.getLogger("foreign").warning("%s", text)
    lines = written.getvalue().removesuffix("\n").split("\n")
    is_json = lines[0].startswith("{")
    lost = 0
    for number, text in enumerate(strings):
        own, foreign = lines[2 * number], lines[2 * number + 1]
        if is_json:
            lost += json.loads(own)["text"] != text or json.loads(foreign)["event"] != text
        else:
            lost += f"text={visible(text)}" not in own and f"text={visible(text)!r}" not in own
            lost += visible(text).rstrip(" ") not in foreign  # a terminal line ends without spaces
            lost += read_back(visible(text)) != text
    print(f"\nseed {SEED}, {len(strings)} forging strings x 2 loggers: {len(lines)} lines, {lost} lost")
    assert len(lines) == 2 * len(strings)
    assert all(line.isprintable() for line in lines)
    assert lost == 0


def leave_out_pytest() -> None:
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if not type(each).__module__.startswith("_pytest")]


def fail_with(text: str) -> None:
    raise ValueError(text)


def read_back(text: str) -> str:
    return text.encode("raw_unicode_escape", "surrogatepass").decode("unicode_escape")


@pytest.mark.parametrize("what", SECRETS)
def test_no_secret_is_written(written: io.StringIO, what: str) -> None:
    log = structlog.get_logger("secrets")
    log.info("in a field", text=SECRETS[what], nested={"list": [SECRETS[what]]}, raw=SECRETS[what].encode())
    logging.getLogger("foreign").info("in a message: %s", SECRETS[what])
    try:
        fail_with(SECRETS[what])
    except ValueError:
        log.exception("in a traceback")
        logging.getLogger("foreign").exception("in a foreign traceback")
    assert "CANARY7f3" not in written.getvalue()
    assert MASK in written.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_fields_that_are_named_like_secrets_are_masked(written: io.StringIO, name: str) -> None:
    structlog.get_logger("names").info("x", **{name: "CANARY7f3", "deep": {name: ["CANARY7f3"]}})
    assert "CANARY7f3" not in written.getvalue()


def test_what_is_no_secret_stays(written: io.StringIO) -> None:
    structlog.get_logger("plain").info("secrets.rotated", secrets=10_000, text="Basic authentication is refused")
    logging.getLogger("foreign").info("error code: 53003, see https://host:8443/path?x=1")
    said = written.getvalue()
    assert all(part in said for part in ("10000", "Basic authentication", "53003", "https://host:8443/path?x=1"))
    assert MASK not in said


def test_a_traceback_forges_no_event(written: io.StringIO) -> None:
    try:
        fail_with("x\n2026-11-24T00:00:00Z [info     ] run.approved")
    except ValueError:
        structlog.get_logger("x").exception("broken")
    assert not [line for line in written.getvalue().split("\n") if line.startswith("2026-11-24T00:00:00Z")]
