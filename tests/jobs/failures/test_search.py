import pytest

from jobs.failures.search import search_failures, suggested_failures
from portal.core.explanations import known_explanations


def classes(text: str) -> list[str]:
    return [each.error_class for each in search_failures(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AADSTS65001: The user or administrator has not consented to use the application. Trace ID: 1", "no_consent"),
        ("aadsts65001", "no_consent"),
        ("65001", "no_consent"),
        ("Could not connect (AADSTS90002).", "organization_not_found"),
        ("F42", "organization_dehydrated"),
        ("f63", "micro_delay"),
        ("ADTransientException", "directory_unavailable"),
        ("Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The", "object_not_found"),
        ("slow_down", "device_code_pending"),
        ("role_missing", "role_missing"),
        ("Fail to create a runspace because you have exceeded the maximum number of connections", "runspace_limit"),
        ("WARNING: Micro delay applied. Actual delayed: 21956 msecs, Enforced: True", "micro_delay"),
        ("Error: Cannot process argument transformation on parameter 'QuarantineTypes'. Cannot convert", "bad_value"),
        ("500: an error. … The LDAP server is unavailable.. at TopologyClientTcpEndpoint", "directory_unavailable"),
        ("The remote server returned an error: (429) Too Many Requests.", "throttled"),
        ("The role assigned to application x isn't supported in this scenario.", "app_role_unsupported"),
    ],
)
def test_finds_by_code_and_by_error_text(text: str, found: str) -> None:
    assert classes(text) == [found]
    assert [each.error_class for each in suggested_failures(text)] == [found]


def test_a_code_can_mean_more_than_one_failure() -> None:
    assert set(classes("F9")) == {
        "no_exchange_in_organization",
        "subscription_lapsed",
        "permission_missing_in_registration",
    }


def test_a_code_that_nobody_knows_finds_nothing() -> None:
    assert classes("AADSTS424242: The consent of the user") == []


def test_every_word_must_occur_in_any_order_and_case() -> None:
    assert "conditional_access_blocked" in classes("ACCESS conditional")
    assert classes("conditional zebra") == []


def test_suggests_by_title_only() -> None:
    assert "conditional_access_blocked" in [each.error_class for each in suggested_failures("conditional")]
    assert len(suggested_failures("organization")) < len(search_failures("organization"))


def test_nothing_asked_for_is_everything() -> None:
    assert classes("") == [each.error_class for each in known_explanations()]
