"""What Exchange might have answered: believable objects of the cmdlets that a volume runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.volume.chance import Chance

Row = dict[str, Any]
GIVEN = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Eva",
    "Finn",
    "Greta",
    "Hans",
    "Ida",
    "Jonas",
    "Karla",
    "Leo",
    "Mia",
    "Noah",
    "Olga",
    "Paul",
    "Rosa",
    "Sami",
    "Tove",
    "Umar",
]
FAMILY = [
    "Berg",
    "Costa",
    "Dahl",
    "Evans",
    "Fischer",
    "Garcia",
    "Holm",
    "Ito",
    "Jensen",
    "Keller",
    "Lopez",
    "Meyer",
    "Novak",
    "Olsen",
    "Patel",
    "Ruiz",
    "Sato",
    "Weber",
]
KINDS = ("UserMailbox",) * 7 + ("SharedMailbox",) * 2 + ("RoomMailbox",)
POLICIES = ("Default MRM Policy",) * 5 + ("Seven years", "Delete after a year")
SINCE = datetime(2014, 1, 1, tzinfo=UTC)
GIGABYTE = 1024**3


def size(number: int) -> str:
    """Return a number of bytes as Exchange writes it."""
    for unit, factor in (("TB", 1024**4), ("GB", GIGABYTE), ("MB", 1024**2), ("KB", 1024)):
        if number >= factor:
            return f"{number / factor:.4g} {unit} ({number:,} bytes)"
    return f"{number} B ({number:,} bytes)"


def mailbox(chance: Chance, domain: str, number: int) -> Row:
    """Return one object of `Get-Mailbox`."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    alias = f"{given}.{family}{number}".lower()
    address = f"{alias}@{domain}"
    unlimited = chance.random() < 0.1
    quota = chance.choice((50, 100, 110)) * GIGABYTE
    return {
        "Identity": alias,
        "DisplayName": f"{given} {family}",
        "Alias": alias,
        "PrimarySmtpAddress": address,
        "RecipientTypeDetails": chance.choice(KINDS),
        "WhenCreatedUTC": _moment(chance),
        "ProhibitSendQuota": "Unlimited" if unlimited else size(quota),
        "IssueWarningQuota": "Unlimited" if unlimited else size(quota - GIGABYTE),
        "LitigationHoldEnabled": chance.random() < 0.2,
        "HiddenFromAddressListsEnabled": chance.random() < 0.05,
        "ForwardingSmtpAddress": f"smtp:{given.lower()}@example.net" if chance.random() < 0.03 else None,
        "RetentionPolicy": chance.choice(POLICIES),
        "RetainDeletedItemsFor": f"{chance.choice((14, 30))}.00:00:00",
        "EmailAddresses": [f"SMTP:{address}", f"smtp:{given.lower()}{number}@{domain}"],
        "ExchangeGuid": chance.key(),
        "AuditEnabled": True,
    }


def statistics(chance: Chance, domain: str, number: int) -> Row:
    """Return one object of `Get-MailboxStatistics`."""
    items = int(chance.expovariate(1 / 20_000))
    return {
        "DisplayName": f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
        "OwnerADGuid": chance.key(),
        "ItemCount": items,
        "DeletedItemCount": items // 9,
        "TotalItemSize": size(items * chance.randrange(20_000, 90_000)),
        "LastLogonTime": _moment(chance) if chance.random() < 0.9 else None,
        "IsArchiveMailbox": chance.random() < 0.1,
        "StorageLimitStatus": chance.choice((None, None, "BelowLimit", "IssueWarning")),
        "Database": f"EURP{number % 90:02}DG{chance.randrange(100, 400)}-db{number % 150:03}",
    }


def access(chance: Chance, domain: str, number: int) -> Row:
    """Return one object of `Get-CASMailbox`."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    protocols = ("PopEnabled", "ImapEnabled", "ActiveSyncEnabled", "OWAEnabled", "MAPIEnabled", "EwsEnabled")
    return {
        "DisplayName": f"{given} {family}",
        "PrimarySmtpAddress": f"{given}.{family}{number}@{domain}".lower(),
        **{name: chance.random() < 0.8 for name in protocols},
        "SmtpClientAuthenticationDisabled": chance.choice((None, True, False)),
        "Guid": chance.key(),
    }


def accepted_domain(chance: Chance, domain: str, number: int) -> Row:
    """Return one object of `Get-AcceptedDomain`."""
    name = domain if number == 0 else f"{chance.choice(FAMILY).lower()}{number}.{domain}"
    return {
        "Name": name,
        "DomainName": name,
        "DomainType": "Authoritative" if number == 0 else chance.choice(("Authoritative", "InternalRelay")),
        "Default": number == 0,
        "MatchSubDomains": False,
        "WhenChanged": _moment(chance),
    }


def transport_rule(chance: Chance, domain: str, number: int) -> Row:
    """Return one object of `Get-TransportRule`."""
    return {
        "Name": f"{chance.choice(('Block', 'Tag', 'Forward', 'Encrypt'))} {chance.choice(FAMILY)} {number}",
        "State": chance.choice(("Enabled", "Enabled", "Disabled")),
        "Mode": "Enforce",
        "Priority": number,
        "Conditions": [{"Kind": "FromScope", "Value": "NotInOrganization"}, {"Kind": "HasAttachment", "Value": True}],
        "Actions": [f"PrependSubject {chance.choice(('[External]', '[Spam?]'))}"],
        "RecipientDomainIs": [domain],
        "WhenChanged": _moment(chance),
    }


READS: dict[str, Callable[[Chance, str, int], Row]] = {
    "Get-Mailbox": mailbox,
    "Get-MailboxStatistics": statistics,
    "Get-CASMailbox": access,
    "Get-AcceptedDomain": accepted_domain,
    "Get-TransportRule": transport_rule,
}
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "Set-CASMailbox": ("absolute_set", {"Identity": "info", "PopEnabled": False, "ImapEnabled": False}),
    "Set-Mailbox": ("absolute_set", {"Identity": "info", "AuditEnabled": True}),
    "Set-HostedOutboundSpamFilterPolicy": ("absolute_set", {"Identity": "Default", "AutoForwardingMode": "Off"}),
    "New-TransportRule": ("create", {"Name": "Tag external mail", "PrependSubject": "[External] "}),
    "Add-MailboxPermission": ("relative", {"Identity": "info", "User": "audit", "AccessRights": ["FullAccess"]}),
}


def _moment(chance: Chance) -> str:
    return f"{SINCE + timedelta(seconds=chance.randrange(380_000_000)):%Y-%m-%dT%H:%M:%SZ}"
