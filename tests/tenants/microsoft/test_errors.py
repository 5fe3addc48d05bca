from datetime import UTC, datetime

import httpx
import pytest

from tenants.microsoft.errors import MicrosoftError, Throttled, error_from_response
from tenants.microsoft.explanations import explain
from tenants.microsoft.retry_after import LONGEST_WAIT, retry_after

SECRET = "eyJ" + 50 * "a1B.-_"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("20", 20.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("7200", 7200.0),
        ("999999", LONGEST_WAIT),
        ("Fri, 02 Jan 2026 00:00:00 GMT", 86400.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_reads_every_form_of_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-AFTER": value}, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


def test_no_header_is_no_wait() -> None:
    assert retry_after({}, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_reads_an_error_of_graph() -> None:
    body = {"error": {"code": "Forbidden", "message": "no\r\nway", "innerError": {"request-id": "r"}}}

    error = error_from_response(httpx.Response(403, json=body))

    assert (error.status, error.code, error.message, error.request_id) == (403, "Forbidden", "no way", "r")
    assert str(error) == "403 Forbidden: no way"


def test_reads_an_error_of_partner_center_with_a_byte_order_mark() -> None:
    response = httpx.Response(
        400, content=b'\xef\xbb\xbf{"code":"900420","description":"bad"}', headers={"MS-RequestId": "r"}
    )

    error = error_from_response(response)

    assert (error.code, error.message, error.request_id) == ("900420", "bad", "r")


def test_a_request_that_an_answer_repeats_is_left_out() -> None:
    error = error_from_response(httpx.Response(502, text=f"bad gateway: authorization=Bearer {SECRET} was sent"))

    assert error.message == "bad gateway: authorization=Bearer (left out) was sent"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"error":"x"}', b"\xff\xfe", b"[" * 100_000])
def test_any_body_gives_an_error(content: bytes) -> None:
    error = error_from_response(httpx.Response(429, content=content, headers={"Retry-After": "7"}))

    assert isinstance(error, Throttled)
    assert error.message
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (MicrosoftError("Permission entry already exists.", status=409), "consent_already_present"),
        (MicrosoftError("Authentication failed. MFA required", status=403), "partner_sign_in_too_weak"),
        (MicrosoftError("The access container does not exist", status=400), "mapped_group_deleted"),
        (MicrosoftError("stale", status=412), "changed_meanwhile"),
        (MicrosoftError("User was not found.", status=404), "relationship_ended"),
        (
            MicrosoftError("The user (principal) does not have the required permissions", status=403),
            "partner_sign_in_too_weak",
        ),
        (MicrosoftError("Unable to initialize the authorization context", status=403), "gdap_mapping_incomplete"),
        (MicrosoftError("busy", status=429), "partner_api_busy"),
        (MicrosoftError("no route"), "partner_api_unreachable"),
        (MicrosoftError("no", status=401), "partner_api_denied"),
        (MicrosoftError("teapot", status=418), "partner_api_refused"),
    ],
)
def test_partner_failures_are_explained(error: MicrosoftError, error_class: str) -> None:
    assert explain(error).error_class == error_class
