"""Facts that the text of the documentation states and the derived data file lacks or has wrong.

The data file stays as it was derived; what stands here is laid over it. Source: MicrosoftDocs/office-docs-powershell
(CC BY 4.0), the sections of the parameters named here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypedDict

from jobs.catalogue.kinds import Kind


class Correction(TypedDict, total=False):
    """Fields of one parameter that replace those of the data file; `accepted_values` is the whole list."""

    accepted_values: tuple[str, ...]
    kind: Kind
    needs_all_of: tuple[str, ...]
    range: tuple[int, int]
    required_in_sets: tuple[str, ...]


_SPAM_CONFIDENCE = Correction(range=(-1, 9))  # -1 bypasses spam filtering
_SEND_AS = Correction(accepted_values=("SendAs",))
_MAILBOX_RIGHTS = Correction(
    accepted_values=("ChangeOwner", "ChangePermission", "DeleteItem", "ExternalAccount", "FullAccess", "ReadPermission")
)
_FOLDER_RIGHTS = Correction(
    accepted_values=(
        *("Owner", "PublishingEditor", "Editor", "PublishingAuthor", "Author", "NonEditingAuthor", "Reviewer"),
        *("Contributor", "None", "AvailabilityOnly", "LimitedDetails"),
        *("CreateItems", "CreateSubfolders", "DeleteAllItems", "DeleteOwnedItems", "EditAllItems", "EditOwnedItems"),
        *("FolderContact", "FolderOwner", "FolderVisible", "ReadItems"),
    )
)
_DISCLAIMER_FALLBACK = Correction(accepted_values=("Wrap", "Ignore", "Reject"))
_ADDRESS_LIST = Correction(kind=Kind.ADDRESS_RANGE)
_SHORTENED_EVENTS = Correction(needs_all_of=("ShortenEventScopeDefault",))

PARAMETERS: Mapping[tuple[str, str], Correction] = MappingProxyType(
    {
        ("Add-MailboxFolderPermission", "AccessRights"): _FOLDER_RIGHTS,
        ("Set-MailboxFolderPermission", "AccessRights"): _FOLDER_RIGHTS,
        ("Add-MailboxPermission", "AccessRights"): _MAILBOX_RIGHTS,
        ("Add-RecipientPermission", "AccessRights"): _SEND_AS,
        ("Remove-RecipientPermission", "AccessRights"): _SEND_AS,
        ("New-TransportRule", "ApplyHtmlDisclaimerFallbackAction"): _DISCLAIMER_FALLBACK,
        ("Set-TransportRule", "ApplyHtmlDisclaimerFallbackAction"): _DISCLAIMER_FALLBACK,
        ("New-TransportRule", "SetSCL"): _SPAM_CONFIDENCE,
        ("New-TransportRule", "SCLOver"): _SPAM_CONFIDENCE,
        ("New-TransportRule", "ExceptIfSCLOver"): _SPAM_CONFIDENCE,
        ("Set-TransportRule", "SetSCL"): _SPAM_CONFIDENCE,
        ("Set-TransportRule", "SCLOver"): _SPAM_CONFIDENCE,
        ("Set-TransportRule", "ExceptIfSCLOver"): _SPAM_CONFIDENCE,
        ("Search-UnifiedAuditLog", "ResultSize"): Correction(range=(1, 5000)),
        ("Set-HostedConnectionFilterPolicy", "IPAllowList"): _ADDRESS_LIST,
        ("Set-HostedConnectionFilterPolicy", "IPBlockList"): _ADDRESS_LIST,
        ("Set-OrganizationConfig", "ShortenEventScopeDefault"): Correction(required_in_sets=()),
        ("Set-OrganizationConfig", "DefaultMinutesToReduceLongEventsBy"): _SHORTENED_EVENTS,
        ("Set-OrganizationConfig", "DefaultMinutesToReduceShortEventsBy"): _SHORTENED_EVENTS,
        ("Set-OrganizationConfig", "EnforceShortenEventSetting"): _SHORTENED_EVENTS,
    }
)
"""Corrections by cmdlet and parameter."""

NOT_REQUIRED: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    # The set holds every newer setting of the organization; only those that shorten events need its scope.
    {("Set-OrganizationConfig", "ShortenEventScopeParameter"): frozenset({"ShortenEventScopeDefault"})}
)
"""By cmdlet and parameter set, what the syntax requires for one feature alone although the set serves many others."""

MISPLACED_TOKENS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("MailboxRights[]", "sendas"): "Use Add-RecipientPermission for SendAs.",
        ("MailboxRights[]", "sendonbehalf"): (
            "Use Set-Mailbox with GrantSendOnBehalfTo for SendOnBehalf; SendAs is given with Add-RecipientPermission."
        ),
    }
)
"""What to do instead, by parameter type and lower-case token that another cmdlet takes."""
