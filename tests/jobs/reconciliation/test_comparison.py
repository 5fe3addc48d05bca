"""Values as they were sent beside values as Exchange shows them."""

from typing import Any

import pytest

from jobs.catalogue.cmdlets import find
from jobs.reconciliation.comparison import Match, compare

SAME, DIFFERS, UNCLEAR = Match.SAME, Match.DIFFERS, Match.UNCLEAR
TAG = {"@odata.type": "#Exchange.GenericHashTable"}


@pytest.mark.parametrize(
    ("cmdlet", "parameter", "wanted", "found", "match"),
    [
        # booleans, words, numbers
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", True, True, SAME),
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", True, "True", SAME),
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", True, False, DIFFERS),
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", False, None, DIFFERS),
        ("Set-TransportRule", "Mode", "Enforce", "enforce", SAME),
        ("Set-TransportRule", "Mode", "Enforce", "Audit", DIFFERS),
        ("Set-TransportRule", "Mode", "Enforce", 2, UNCLEAR),
        ("Set-MailboxFolderPermission", "SharingPermissionFlags", "None", None, SAME),
        ("Set-MailboxFolderPermission", "SharingPermissionFlags", "Delegate", None, DIFFERS),
        ("Set-TransportRule", "Priority", 3, "3", SAME),
        ("Set-TransportRule", "Priority", 3, 4, DIFFERS),
        # sizes and durations
        ("Set-Mailbox", "ProhibitSendQuota", "49.5GB", "49.5 GB (53,150,220,288 bytes)", SAME),
        ("Set-Mailbox", "ProhibitSendQuota", "49GB", "49.5 GB (53,150,220,288 bytes)", DIFFERS),
        ("Set-Mailbox", "ProhibitSendQuota", "Unlimited", "Unlimited", SAME),
        ("Set-Mailbox", "ProhibitSendQuota", "49.5GB", "Unlimited", DIFFERS),
        ("Set-Mailbox", "RetainDeletedItemsFor", "30", "30.00:00:00", SAME),
        ("Set-Mailbox", "RetainDeletedItemsFor", "30.00:00:00", "14.00:00:00", DIFFERS),
        ("Set-Mailbox", "StartDateForRetentionHold", "2026-03-01 08:00:00Z", "2026-03-01T08:00:00+00:00", SAME),
        ("Set-Mailbox", "StartDateForRetentionHold", "2026-03-01 08:00:00Z", "2026-03-01T09:00:00+01:00", SAME),
        ("Set-Mailbox", "StartDateForRetentionHold", "2026-03-01 08:00:00Z", "3/1/2026 8:00:00 AM", UNCLEAR),
        # text
        ("Set-Mailbox", "CustomAttribute1", "a", "a", SAME),
        ("Set-Mailbox", "CustomAttribute1", "a", "b", DIFFERS),
        ("Set-Mailbox", "CustomAttribute1", "a", "A", UNCLEAR),
        ("Set-Mailbox", "CustomAttribute1", "", None, SAME),
        ("Set-Mailbox", "CustomAttribute1", None, "b", DIFFERS),
        ("Set-Mailbox", "MailTip", "Away", "<html>\n<body>\nAway\n</body>\n</html>\n", SAME),
        # identities in other forms, lists
        ("Set-Mailbox", "ForwardingAddress", "jane", "contoso.onmicrosoft.com/Users/Jane", SAME),
        ("Set-Mailbox", "ForwardingAddress", "Jane Doe", "CN=Jane Doe,OU=contoso,DC=prod", SAME),
        ("Set-Mailbox", "ForwardingAddress", "jane@contoso.com", "Jane Doe", UNCLEAR),
        ("Set-Mailbox", "ForwardingAddress", "jane@contoso.com", None, DIFFERS),
        ("Set-Mailbox", "ForwardingAddress", None, "Jane Doe", DIFFERS),
        ("Set-Mailbox", "GrantSendOnBehalfTo", ["b", "a"], ["A", "B"], SAME),
        ("Set-Mailbox", "GrantSendOnBehalfTo", ["a"], ["A", "Jane Doe"], UNCLEAR),
        ("Set-Mailbox", "EmailAddresses", ["SMTP:a@c.com"], ["SMTP:a@c.com", "SIP:a@c.com"], SAME),
        ("Set-Mailbox", "EmailAddresses", ["SMTP:a@c.com"], ["smtp:a@c.com", "SMTP:b@c.com"], DIFFERS),
        ("Set-TransportRule", "SenderDomainIs", ["a.com"], ["A.com"], SAME),
        ("Set-TransportRule", "SenderDomainIs", ["a.com"], ["a.com", "b.com"], DIFFERS),
        # partial changes, clearing
        ("Set-Mailbox", "EmailAddresses", {**TAG, "Add": ["smtp:b@c.com"]}, ["SMTP:a@c.com", "smtp:b@c.com"], SAME),
        ("Set-Mailbox", "EmailAddresses", {**TAG, "Add": ["smtp:b@c.com"]}, ["SMTP:a@c.com"], DIFFERS),
        ("Set-Mailbox", "EmailAddresses", {**TAG, "Remove": ["smtp:b@c.com"]}, ["SMTP:a@c.com"], SAME),
        ("Set-Mailbox", "EmailAddresses", {**TAG, "Remove": ["smtp:b@c.com"]}, ["smtp:b@c.com"], DIFFERS),
        ("Set-Mailbox", "GrantSendOnBehalfTo", {**TAG, "Remove": ["j@c.com"]}, ["Jane Doe"], UNCLEAR),
        ("Set-Mailbox", "GrantSendOnBehalfTo", TAG, [], SAME),
        ("Set-Mailbox", "GrantSendOnBehalfTo", TAG, ["Jane Doe"], DIFFERS),
        # filters come back rewritten
        ("Set-DynamicDistributionGroup", "RecipientFilter", "Name -like 'a*'", "((Name -like 'a*'))", SAME),
        ("Set-DynamicDistributionGroup", "RecipientFilter", "Name -like 'a*'", "((Title -eq 'b'))", UNCLEAR),
    ],
)  # fmt: skip
def test_a_value_is_known_again_in_the_form_that_exchange_shows(
    cmdlet: str, parameter: str, wanted: Any, found: Any, match: Match
) -> None:
    assert compare(find(cmdlet).parameters[parameter], wanted, found) is match
