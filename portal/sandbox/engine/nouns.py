"""Which noun reads and writes which store: facets of one object, unions, and child collections of a parent."""

from dataclasses import dataclass

MAILBOX_FACETS = (
    "CASMailbox",
    "EXOMailbox",
    "EXOCasMailbox",
    "MailboxStatistics",
    "EXOMailboxStatistics",
    "CalendarProcessing",
    "Clutter",
    "FocusedInbox",
    "MailboxAutoReplyConfiguration",
    "MailboxCalendarConfiguration",
    "MailboxJunkEmailConfiguration",
    "MailboxLocation",
    "MailboxMessageConfiguration",
    "MailboxRegionalConfiguration",
    "MailboxSpellingConfiguration",
    "MyAnalyticsFeatureConfig",
    "MailboxAuditBypassAssociation",
    "MailboxIRMAccess",
    "Place",
    "TextMessagingAccount",
    "UserBriefingConfig",
    "LinkedUser",
    "User",
    "VivaInsightsSettings",
    "MailboxCalendarFolder",
    "EventsFromEmailConfiguration",
    "LogonStatistics",
)
DOMAIN_FACETS = (
    "DnssecForVerifiedDomain",
    "DnssecStatusForVerifiedDomain",
    "IPv6ForAcceptedDomain",
    "IPv6StatusForAcceptedDomain",
    "SmtpDaneInbound",
    "SmtpDaneInboundStatus",
)
STORE_OF = {
    **dict.fromkeys(MAILBOX_FACETS, "Mailbox"),
    **dict.fromkeys(DOMAIN_FACETS, "AcceptedDomain"),
    "JournalArchiving": "Mailbox",
    "Contact": "MailContact",
    "Group": "DistributionGroup",
    "RemovedMailbox": "SoftDeletedMailbox",
    "EligibleDistributionGroupForMigration": "DistributionGroup",
    "ActiveSyncDevice": "MobileDevice",
    "ActiveSyncDeviceStatistics": "MobileDevice",
    "MobileDeviceStatistics": "MobileDevice",
    "EXOMobileDeviceStatistics": "MobileDevice",
    "MoveRequestStatistics": "MoveRequest",
    "MailboxImportRequestStatistics": "MailboxImportRequest",
    "MailboxRestoreRequestStatistics": "MailboxRestoreRequest",
    "MigrationUserStatistics": "MigrationUser",
    "PublicFolderStatistics": "PublicFolder",
    "MailPublicFolder": "PublicFolder",
    "DynamicDistributionGroupMember": "Mailbox",
}
UNIONS = {
    "Recipient": (
        "Mailbox",
        "DistributionGroup",
        "MailContact",
        "MailUser",
        "DynamicDistributionGroup",
        "UnifiedGroup",
    ),
    "EXORecipient": (
        "Mailbox",
        "DistributionGroup",
        "MailContact",
        "MailUser",
        "DynamicDistributionGroup",
        "UnifiedGroup",
    ),
    "SecurityPrincipal": ("Mailbox", "DistributionGroup"),
}
RECIPIENT_STORES = frozenset(UNIONS["Recipient"])
CONTAINER_WORDS = ("Config", "Configuration", "Settings")


@dataclass(frozen=True, slots=True)
class Children:
    """A child collection: stores that hold its parents, the parameter that names a child, and the kind of its rows."""

    parents: tuple[str, ...]
    member: str
    rights: bool
    noun: str


_MEMBERSHIPS = (
    Children(("DistributionGroup",), "Member", rights=False, noun="DistributionGroupMember"),
    Children(("RoleGroup",), "Member", rights=False, noun="RoleGroupMember"),
    Children(("UnifiedGroup",), "Links", rights=False, noun="UnifiedGroupLinks"),
    Children(("Mailbox",), "User", rights=True, noun="MailboxPermission"),
    Children(UNIONS["Recipient"], "Trustee", rights=True, noun="RecipientPermission"),
    Children(("Mailbox",), "User", rights=True, noun="MailboxFolderPermission"),
    Children(("PublicFolder",), "User", rights=True, noun="PublicFolderClientPermission"),
    Children(("ComplianceCase",), "Member", rights=False, noun="ComplianceCaseMember"),
)
CHILDREN = {
    **{children.noun: children for children in _MEMBERSHIPS},
    "EXOMailboxPermission": _MEMBERSHIPS[3],
    "EXORecipientPermission": _MEMBERSHIPS[4],
    "EXOMailboxFolderPermission": _MEMBERSHIPS[5],
}


def store_of(noun: str) -> str:
    """Name of the store that holds a noun's objects."""
    return STORE_OF.get(noun, noun)
