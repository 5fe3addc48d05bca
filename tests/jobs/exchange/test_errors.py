import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.exchange.errors import NO_BODY, ServerError, parse_error, parse_message

GOLDEN = Path(__file__).parent / "golden"
INVALID_ENUM, NOT_FOUND, TRANSIENT = (
    (GOLDEN / f"{name}.json").read_bytes() for name in ("invalid_enum", "not_found", "directory_unavailable")
)


def parse(body: bytes, status: int = 400, **headers: str) -> ServerError:
    return parse_error(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_reads_an_internal_exception() -> None:
    error = parse(INVALID_ENUM)

    assert error.type_name == "ParameterTransformationException"
    assert error.message.startswith("Cannot process argument transformation")
    assert error.code == "BadRequest"


def test_reads_piped_details_with_an_ex_code() -> None:
    error = parse(NOT_FOUND, 404, request_id="r", X_CalculatedBETarget="be1")

    assert (error.type_name, error.ex_code, error.target) == ("ManagementObjectNotFoundException", "Ex6F9304", "")
    assert error.message.startswith("The operation couldn't be performed because object 'x' couldn't be found")
    assert (error.request_id, error.server) == ("r", "be1")


def test_reads_a_type_without_details_or_internal_exception() -> None:
    error = parse(TRANSIENT, 500)

    assert (error.type_name, error.message) == ("ADTransientException", json.loads(TRANSIENT)["error"]["message"])


def test_casing_of_the_internal_exception_does_not_matter() -> None:
    assert parse(INVALID_ENUM.replace(b"internalexception", b"internalException")) == parse(INVALID_ENUM)


@pytest.mark.parametrize(
    ("text", "exception_type", "ex_code", "message"),
    [
        ("|A.B.SomeException|Text with | a pipe", "A.B.SomeException", "", "Text with | a pipe"),
        ("Ex94914C|A.BException|one\ntwo", "A.BException", "Ex94914C", "one\ntwo"),
        ("A.List`1+Inner|text", "A.List`1+Inner", "", "text"),
        ('{"Message":"m","TypeName":"A.B","StackTrace":null,"InnerError":null}', "A.B", "", "m"),
        ('{"ClassName":"A.B","Message":"m","localizedString":"l"}', "A.B", "", "m"),
        ('{"ClassName":"A.B","localizedString":"l"}', "A.B", "", "l"),
        ("a plain text | with a pipe", "", "", "a plain text | with a pipe"),
        ("NoDot|text", "", "", "NoDot|text"),
    ],
)
def test_details_have_three_encodings(text: str, exception_type: str, ex_code: str, message: str) -> None:
    found = parse_message(text)

    assert (found.exception_type, found.ex_code, found.message) == (exception_type, ex_code, message)


def test_nul_bytes_are_an_empty_body() -> None:
    error = parse(b"\x00" * 4096, 403)

    assert error.is_blank
    assert error.message == NO_BODY


def test_the_diagnostics_header_beats_the_body_of_a_refusal() -> None:
    assert parse(NOT_FOUND, 403, X_MS_Diagnostics='2000003;reason="no"').message == '2000003;reason="no"'
    assert parse(NOT_FOUND, 404, X_MS_Diagnostics='2000003;reason="no"').message.startswith("The operation")


def test_text_that_is_no_json_is_the_message_up_to_800_characters() -> None:
    assert parse(b"<html>" + b"x" * 2000).message == "<html>" + "x" * 794


any_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["error", "details", "innererror", "internalexception", "message", "code", "type", "target"]
            )
            | st.text(),
            inner,
        )
    ),
)


@given(st.binary() | any_json.map(lambda value: json.dumps(value).encode()), st.integers(400, 599))
def test_any_bytes_are_an_error_with_a_message(body: bytes, status: int) -> None:
    error = parse(body, status)

    assert error.message
    assert all(isinstance(part, str) for part in (error.exception_type, error.ex_code, error.code, error.target))


@given(
    st.sampled_from(["Microsoft.Exchange.A.BException", "A.B`1"]),
    st.sampled_from(["", "Ex6F9304"]),
    st.text(st.characters(blacklist_categories=["C"])).map(str.strip).filter(bool),
    st.sampled_from(["piped", "json", "internal"]),
)
def test_every_documented_body_gives_type_code_and_message(kind: str, ex_code: str, text: str, encoding: str) -> None:
    error: dict[str, object] = {"code": "BadRequest", "message": "Invalid Operation"}
    if encoding == "internal":
        error["innererror"] = {"internalexception": {"type": kind, "message": text}}
    else:
        message = json.dumps({"TypeName": kind, "Message": text}) if encoding == "json" else f"{ex_code}|{kind}|{text}"
        error["details"] = [{"code": "Client", "target": "", "message": message}]
    found = parse(json.dumps({"error": error}, ensure_ascii=False).encode())

    assert (found.exception_type, found.message) == (kind, text)
    assert encoding != "piped" or found.ex_code == ex_code


def test_deep_nesting_does_no_harm() -> None:
    assert parse(b'{"error":' + b"[" * 100_000).message
