"""Mailboxes, groups, contacts and the properties of mailboxes, made from an organization's seed."""

import random
from typing import Any

from portal.sandbox.world.names import person, slug
from portal.sandbox.world.organizations import Organization, make_uuid

Row = dict[str, Any]

GROUPS = ("Sales", "Finance", "All Staff", "IT", "Marketing", "Board", "Warehouse", "Support")
SHARED = ("info", "orders", "invoices", "support", "jobs")
ROOMS = ("Meeting Room North", "Meeting Room South", "Board Room")


def size_text(number: int) -> str:
    """A size as Exchange writes it, for example `3.322 KB (3,402 bytes)` (exchange-protocol.md 3.5)."""
    amount, unit = float(number), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.4g} {unit} ({number:,} bytes)"


def recipient(organization: Organization, kind: str, display_name: str, alias: str) -> Row:
    """Properties that every recipient has; `kind` is its RecipientTypeDetails."""
    address = f"{alias}@{organization.default_domain}"
    return {
        "Name": display_name,
        "DisplayName": display_name,
        "Alias": alias,
        "PrimarySmtpAddress": address,
        "WindowsEmailAddress": address,
        "EmailAddresses": [f"SMTP:{address}", f"smtp:{alias}@{organization.initial_domain}"],
        "RecipientTypeDetails": kind,
        "RecipientType": _TYPES.get(kind, kind),
        "ExternalDirectoryObjectId": make_uuid(f"{organization.seed}:{kind}:{alias}:entra"),
        "HiddenFromAddressListsEnabled": False,
        "CustomAttribute1": "",
    }


_TYPES = {
    "UserMailbox": "UserMailbox",
    "SharedMailbox": "UserMailbox",
    "RoomMailbox": "UserMailbox",
    "EquipmentMailbox": "UserMailbox",
    "MailUniversalDistributionGroup": "MailUniversalDistributionGroup",
    "MailUniversalSecurityGroup": "MailUniversalSecurityGroup",
    "MailContact": "MailContact",
    "MailUser": "MailUser",
    "GroupMailbox": "MailUniversalDistributionGroup",
    "DynamicDistributionGroup": "DynamicDistributionGroup",
}


def mailbox(organization: Organization, kind: str, display_name: str, alias: str, rng: random.Random) -> Row:
    """Properties of a mailbox, with its statistics as a facet of their own."""
    used, deleted = int(rng.lognormvariate(20.5, 1.6)), int(rng.lognormvariate(17, 1.6))
    statistics = {
        "TotalItemSize": size_text(used),
        "TotalDeletedItemSize": size_text(deleted),
        "ItemCount": used // 75_000,
        "DeletedItemCount": deleted // 75_000,
    }
    return {
        **recipient(organization, kind, display_name, alias),
        "UserPrincipalName": f"{alias}@{organization.default_domain}",
        "MicrosoftOnlineServicesID": f"{alias}@{organization.default_domain}",
        "ExchangeGuid": make_uuid(f"{organization.seed}:{alias}:exchange"),
        "IsMailboxEnabled": True,
        "IsShared": kind == "SharedMailbox",
        "IsResource": kind == "RoomMailbox",
        "ProhibitSendQuota": "49.5 GB (53,150,220,288 bytes)",
        "ProhibitSendReceiveQuota": "50 GB (53,687,091,200 bytes)",
        "IssueWarningQuota": "49 GB (52,613,349,376 bytes)",
        "ArchiveStatus": "Active" if rng.random() < 0.2 else "None",
        "LitigationHoldEnabled": rng.random() < 0.05,
        "AuditEnabled": True,
        "ForwardingSmtpAddress": f"smtp:{alias}@forward.example" if rng.random() < 0.02 else None,
        "DeliverToMailboxAndForward": False,
        "UsageLocation": organization.country.code,
        "AccountDisabled": kind != "UserMailbox",
        "facets": {noun: dict(statistics) for noun in ("MailboxStatistics", "EXOMailboxStatistics")},
    }


def _mailboxes(organization: Organization, rng: random.Random) -> list[Row]:
    rows, taken = [], set()
    rooms, shared = min(len(ROOMS), organization.mailboxes // 10), min(len(SHARED), organization.mailboxes // 6)
    for _ in range(organization.mailboxes - rooms - shared):
        given, family = person(rng, organization.country)
        name, alias = f"{given} {family}", f"{slug(given)}.{slug(family)}"
        count = 2
        while alias in taken:
            name, alias = f"{given} {family} {count}", f"{slug(given)}.{slug(family)}{count}"
            count += 1
        taken.add(alias)
        rows.append(mailbox(organization, "UserMailbox", name, alias, rng))
    rows += [mailbox(organization, "SharedMailbox", name.title(), name, rng) for name in SHARED[:shared]]
    rows += [mailbox(organization, "RoomMailbox", name, slug(name), rng) for name in ROOMS[:rooms]]
    return rows


def _distribution_groups(organization: Organization, rng: random.Random) -> list[Row]:
    count = min(len(GROUPS), 1 + organization.mailboxes // 12)
    return [
        {
            **recipient(organization, "MailUniversalDistributionGroup", name, f"{slug(name)}-dl"),
            "GroupType": "Universal",
            "ManagedBy": ["Organization Management"],
            "MemberJoinRestriction": "Closed",
            "RequireSenderAuthenticationEnabled": rng.random() < 0.8,
        }
        for name in GROUPS[:count]
    ]


def _unified_groups(organization: Organization, rng: random.Random) -> list[Row]:
    return [
        {**recipient(organization, "GroupMailbox", f"Project {town}", f"project-{slug(town)}"), "AccessType": "Private"}
        for town in organization.country.towns[: rng.randrange(0, 4)]
    ]


def _contacts(organization: Organization, rng: random.Random) -> list[Row]:
    rows: dict[str, Row] = {}
    for _ in range(rng.randrange(0, 6)):
        given, family = person(rng, organization.country)
        alias = f"{slug(given)}.{slug(family)}.ext"
        row = recipient(organization, "MailContact", f"{given} {family} (external)", alias)
        external = f"{slug(given)}@{slug(family)}.example"
        rows[alias] = {**row, "PrimarySmtpAddress": external, "ExternalEmailAddress": f"SMTP:{external}"}
    return list(rows.values())


def _mail_users(organization: Organization, rng: random.Random) -> list[Row]:
    given, family = person(rng, organization.country)
    alias = f"{slug(given)}.{slug(family)}.guest"
    row = recipient(organization, "MailUser", f"{given} {family} (guest)", alias)
    return [{**row, "ExternalEmailAddress": f"SMTP:{alias}@guest.example"}] if rng.random() < 0.5 else []


def _dynamic_groups(organization: Organization, rng: random.Random) -> list[Row]:
    row = recipient(organization, "DynamicDistributionGroup", "Everyone", "everyone")
    return [{**row, "RecipientFilter": "RecipientType -eq 'UserMailbox'"}] if rng.random() < 0.3 else []


MAKERS: dict[str, Any] = {
    "Mailbox": _mailboxes,
    "DistributionGroup": _distribution_groups,
    "UnifiedGroup": _unified_groups,
    "MailContact": _contacts,
    "MailUser": _mail_users,
    "DynamicDistributionGroup": _dynamic_groups,
}
