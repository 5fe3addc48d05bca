from typing import Any

import pytest

from jobs.catalogue.encoding import encode, wire_cmdlet
from jobs.catalogue.validation import validate

TAG = {"@odata.type": "#Exchange.GenericHashTable"}


def encoded(name: str, **parameters: Any) -> dict[str, Any]:
    return dict(encode(validate(name, parameters, app_only=False)))


def test_reads_send_only_what_is_bound() -> None:
    assert encoded("Get-Mailbox") == {}
    assert encoded("Get-Mailbox", ResultSize="unlimited", Archive=False) == {
        "ResultSize": "Unlimited",
        "Archive": False,
    }


def test_confirm_is_always_false_where_the_cmdlet_has_it() -> None:
    assert encoded("Set-Mailbox", Identity="a")["Confirm"] is False
    assert "Confirm" not in encoded("Set-Clutter", Identity="a", Enable=True, Confirm=False)


def test_partial_change_is_tagged() -> None:
    assert encoded("Set-Mailbox", Identity="a", EmailAddresses={"add": "x", "REMOVE": ["y"]})["EmailAddresses"] == {
        **TAG,
        "Add": ["x"],
        "Remove": ["y"],
    }


def test_hashtables_are_tagged_at_every_depth() -> None:
    sent = encoded("Set-Label", Identity="a", AdvancedSettings={"a": {"b": [{"c": 1}]}})
    assert sent["AdvancedSettings"] == {**TAG, "a": {**TAG, "b": [{**TAG, "c": 1}]}}


def test_list_of_hashtables_has_a_sibling_annotation() -> None:
    sent = encoded(
        "New-DlpComplianceRule", Name="a", Policy="p", ContentContainsSensitiveInformation=[{"Name": "U.S. SSN"}]
    )
    assert sent["ContentContainsSensitiveInformation@odata.type"] == "#Collection(Exchange.GenericHashTable)"
    assert sent["ContentContainsSensitiveInformation"] == [{**TAG, "Name": "U.S. SSN"}]


def test_bytes_null_and_dates() -> None:
    assert encoded("New-DlpSensitiveInformationTypeRulePackage", FileData="AAEC")["FileData"] == {
        "@odata.type": "#Exchange.ByteArrayType",
        "Data": "AAEC",
    }
    assert encoded("Set-Mailbox", Identity="a", ForwardingAddress=None)["ForwardingAddress"] is None
    sent = encoded("Get-MessageTraceV2", StartDate="2026-01-31T10:00:00+02:00")
    assert sent["StartDate"] == "2026-01-31 08:00:00Z"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("HiddenFromAddressListsEnabled -eq $true", "HiddenFromAddressListsEnabled -eq 'True'"),
        ("IsDirSynced -eq $FALSE", "IsDirSynced -eq 'False'"),
        ("DisplayName -eq 'costs $true'", "DisplayName -eq 'costs $true'"),
        ("DisplayName -eq '$truest'", "DisplayName -eq '$truest'"),
    ],
)
def test_filter_booleans(typed: str, sent: str) -> None:
    assert encoded("Get-Mailbox", Filter=typed)["Filter"] == sent


def test_get_exo_cmdlets_are_sent_as_the_classic_ones() -> None:
    call = validate("Get-EXOMailbox", {"UserPrincipalName": "a@contoso.com", "PropertySets": ["All"], "Archive": True})
    assert wire_cmdlet(call) == "Get-Mailbox"
    assert encode(call) == {"Identity": "a@contoso.com", "Archive": True}


def test_common_parameters_stay_here() -> None:
    assert encoded("Get-Mailbox", ErrorAction="SilentlyContinue", OutVariable="x", Verbose=True) == {}
