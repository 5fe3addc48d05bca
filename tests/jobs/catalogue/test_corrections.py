from typing import Any

import pytest

from jobs.catalogue.cmdlets import find, raw_cmdlets
from jobs.catalogue.corrections import MISPLACED_TOKENS, NOT_REQUIRED, PARAMETERS
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.validation import validate

REQUIRED = {
    "Add-MailboxFolderPermission": {"Identity": "a:\\Calendar", "User": "b"},
    "Set-MailboxFolderPermission": {"Identity": "a:\\Calendar", "User": "b"},
    "Add-MailboxPermission": {"Identity": "a", "User": "b"},
    "Add-RecipientPermission": {"Identity": "a", "Trustee": "b"},
    "Remove-RecipientPermission": {"Identity": "a", "Trustee": "b"},
    "New-TransportRule": {"Name": "a"},
    "Search-UnifiedAuditLog": {"StartDate": "2026-01-01", "EndDate": "2026-01-02"},
    "Set-HostedConnectionFilterPolicy": {"Identity": "Default"},
    "Set-Mailbox": {"Identity": "a"},
    "Set-TransportRule": {"Identity": "a"},
}


def refusal(cmdlet: str, parameters: dict[str, Any]) -> Problem:
    with pytest.raises(InvalidCall) as caught:
        validate(cmdlet, REQUIRED.get(cmdlet, {}) | parameters)
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


def accepted(cmdlet: str, parameters: dict[str, Any]) -> dict[str, object]:
    return validate(cmdlet, REQUIRED.get(cmdlet, {}) | parameters).parameters


def test_every_correction_is_of_something_that_exists_and_says_something_new() -> None:
    for (cmdlet, parameter), correction in PARAMETERS.items():
        derived = raw_cmdlets()[cmdlet]["parameters"][parameter]
        for key, value in correction.items():
            assert derived.get(key) != (list(value) if isinstance(value, tuple) else value), (cmdlet, parameter, key)
    for (cmdlet, parameter_set), names in NOT_REQUIRED.items():
        items = raw_cmdlets()[cmdlet]["parameter_sets"][parameter_set]["parameters"]
        assert names <= {item["name"] for item in items if item.get("required")}
    types = {p["type"] for cmdlet in raw_cmdlets().values() for p in cmdlet["parameters"].values()}
    assert {type_name for type_name, _ in MISPLACED_TOKENS} <= types


@pytest.mark.parametrize("cmdlet", ["New-TransportRule", "Set-TransportRule"])
@pytest.mark.parametrize("parameter", ["SetSCL", "SCLOver", "ExceptIfSCLOver"])
def test_spam_confidence_level_is_minus_one_to_nine(cmdlet: str, parameter: str) -> None:
    assert [accepted(cmdlet, {parameter: level})[parameter] for level in (-1, "-1", 0, 9)] == [-1, -1, 0, 9]
    for level in (-2, 10, "10"):
        assert "between -1 and 9" in refusal(cmdlet, {parameter: level}).problem
    assert "whole number" in refusal(cmdlet, {parameter: "bypass"}).problem


@pytest.mark.parametrize(
    "parameters",
    [
        {"RejectDirectSend": True},
        {"RecallReadMessagesEnabled": True},
        {"MessageRecallMaxRecallableAge": "1.00:00:00"},
        {"MessageRecallAlertRecipientsEnabled": True, "RejectDirectSend": False},
        {"ShortenEventScopeDefault": 1, "DefaultMinutesToReduceLongEventsBy": 10},
    ],
)
def test_organization_settings_do_not_need_the_scope_of_shortened_events(parameters: dict[str, Any]) -> None:
    accepted("Set-OrganizationConfig", parameters)


@pytest.mark.parametrize(
    "name", ["DefaultMinutesToReduceLongEventsBy", "DefaultMinutesToReduceShortEventsBy", "EnforceShortenEventSetting"]
)
def test_shortened_events_need_their_scope(name: str) -> None:
    value: object = True if name.startswith("Enforce") else 10
    assert refusal("Set-OrganizationConfig", {name: value}).suggestion == "Give ShortenEventScopeDefault."


def test_unified_audit_log_returns_at_most_5000() -> None:
    assert accepted("Search-UnifiedAuditLog", {"ResultSize": 5000})["ResultSize"] == 5000
    assert "between 1 and 5000" in refusal("Search-UnifiedAuditLog", {"ResultSize": 5001}).problem


@pytest.mark.parametrize("cmdlet", ["Add-RecipientPermission", "Remove-RecipientPermission"])
def test_recipient_permission_is_send_as_alone(cmdlet: str) -> None:
    assert accepted(cmdlet, {"AccessRights": "sendas"})["AccessRights"] == ["SendAs"]
    assert refusal(cmdlet, {"AccessRights": "FullAccess"}).problem == "AccessRights must be SendAs, not 'FullAccess'."


def test_mailbox_permission_has_no_send_as() -> None:
    accepted("Add-MailboxPermission", {"AccessRights": ["FullAccess", "ReadPermission"]})
    for right in ("SendAs", "SendOnBehalf"):
        assert "Add-RecipientPermission" in (refusal("Add-MailboxPermission", {"AccessRights": right}).suggestion or "")
    validate("Remove-MailboxPermission", {"Identity": "a", "User": "b", "AccessRights": "SendAs"})


@pytest.mark.parametrize("cmdlet", ["Add-MailboxFolderPermission", "Set-MailboxFolderPermission"])
def test_folder_permission_takes_the_documented_roles_and_rights(cmdlet: str) -> None:
    for right in ("Owner", "reviewer", "AvailabilityOnly", "None", ["CreateItems", "FolderVisible"]):
        accepted(cmdlet, {"AccessRights": right})
    assert refusal(cmdlet, {"AccessRights": "Editr"}).suggestion == "Did you mean Editor?"
    assert refusal(cmdlet, {"AccessRights": "FullAccess"}).parameter == "AccessRights"


@pytest.mark.parametrize("cmdlet", ["New-TransportRule", "Set-TransportRule"])
def test_disclaimer_fallback_is_one_of_three(cmdlet: str) -> None:
    name = "ApplyHtmlDisclaimerFallbackAction"
    assert [accepted(cmdlet, {name: word})[name] for word in ("Wrap", "ignore", "Reject")] == [
        "Wrap",
        "Ignore",
        "Reject",
    ]
    assert "Wrap, Ignore, Reject" in refusal(cmdlet, {name: "Drop"}).problem


@pytest.mark.parametrize("name", ["IPAllowList", "IPBlockList"])
def test_address_lists_hold_addresses_ranges_and_networks(name: str) -> None:
    good = ["192.168.1.1", "192.168.0.1-192.168.0.254", "192.168.3.1/24", "10.0.0.1/32", "2001:db8::1"]
    assert accepted("Set-HostedConnectionFilterPolicy", {name: good})[name] == good
    assert accepted("Set-HostedConnectionFilterPolicy", {name: {"Add": good[:2]}})[name] == {"Add": good[:2]}
    accepted("Set-HostedConnectionFilterPolicy", {name: None})
    bad = [
        "contoso.com",
        "192.168.1.256",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-",
        "10.0.0.0/23",
        "1.1.1.1-::2",
        "10.0.0.0/33",
    ]
    for item in bad:
        assert repr(item) in refusal("Set-HostedConnectionFilterPolicy", {name: [item]}).problem
        refusal("Set-HostedConnectionFilterPolicy", {name: {"Remove": [item]}})


def test_proxy_address_is_an_smtp_address_with_or_without_its_prefix() -> None:
    name = "ForwardingSmtpAddress"
    for address in ("smtp:a@contoso.com", "a@contoso.com", "SMTP:a@contoso.com"):
        assert accepted("Set-Mailbox", {name: address})[name] == address
    for address in ("anna", "smtp:anna", "a@b@c.com", "x500:/o=Contoso", "smtp:", "a b@contoso.com"):
        assert refusal("Set-Mailbox", {name: address}).parameter == name


def test_other_address_types_keep_their_own_form_where_the_parameter_takes_them() -> None:
    validate("New-MailContact", {"Name": "a", "ExternalEmailAddress": "x400:c=US;a= ;p=Contoso;s=Berg"})
    with pytest.raises(InvalidCall):
        validate("New-MailContact", {"Name": "a", "ExternalEmailAddress": "anna"})


def test_a_text_parameter_is_not_held_to_be_a_guid() -> None:
    assert find("New-ServicePrincipal").parameters["AppId"].type == "String"
    validate("New-ServicePrincipal", {"AppId": "x", "ObjectId": "y"})
