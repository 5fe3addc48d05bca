"""Directory roles: template ids and which cmdlets they allow (exchange-protocol.md 4.6, coarse by design)."""

import re

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
RECIPIENT_ADMINISTRATOR = "31392ffb-586c-42d1-9346-e59415a2cc4e"
COMPLIANCE_ADMINISTRATOR = "17315797-102d-40b4-93e0-432062caca18"
SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
TEAMS_ADMINISTRATOR = "69091246-20e8-4a56-aa4d-066075b2a7a8"
LICENSE_ADMINISTRATOR = "4d6ac14f-3453-41d0-bef9-a3e0c569773a"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"

NAMES = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    EXCHANGE_ADMINISTRATOR: "Exchange Administrator",
    RECIPIENT_ADMINISTRATOR: "Exchange Recipient Administrator",
    COMPLIANCE_ADMINISTRATOR: "Compliance Administrator",
    SECURITY_ADMINISTRATOR: "Security Administrator",
    SECURITY_READER: "Security Reader",
    GLOBAL_READER: "Global Reader",
    HELPDESK_ADMINISTRATOR: "Helpdesk Administrator",
    USER_ADMINISTRATOR: "User Administrator",
    TEAMS_ADMINISTRATOR: "Teams Administrator",
    LICENSE_ADMINISTRATOR: "License Administrator",
    DIRECTORY_READERS: "Directory Readers",
}

EXCHANGE_ROLES = frozenset(
    {
        GLOBAL_ADMINISTRATOR,
        EXCHANGE_ADMINISTRATOR,
        RECIPIENT_ADMINISTRATOR,
        COMPLIANCE_ADMINISTRATOR,
        SECURITY_ADMINISTRATOR,
        SECURITY_READER,
        GLOBAL_READER,
        HELPDESK_ADMINISTRATOR,
    }
)

_RECIPIENT = re.compile(
    r"mailbox|recipient|distributiongroup|unifiedgroup|mailcontact|mailuser|^contact$|^user$|^group$|calendar|inboxrule"
    r"|mobiledevice|place$|clutter|focusedinbox|sweeprule",
    re.IGNORECASE,
)
_COMPLIANCE = re.compile(
    r"compliance|retention|journal|audit|dlp|label|ediscovery|hold|classification|sensitive|informationbarrier|supervisory",
    re.IGNORECASE,
)
_SECURITY = re.compile(
    r"spam|malware|phish|safe|quarantine|tenantallow|contentfilter|connectionfilter|spoof|atp|eop|dkim|secops|protectionalert",
    re.IGNORECASE,
)


def allows(roles: frozenset[str], *, noun: str, risk: str) -> bool:
    """Tell whether any of the directory roles lets its holder run a cmdlet with this noun and risk."""
    if GLOBAL_ADMINISTRATOR in roles or EXCHANGE_ADMINISTRATOR in roles:
        return True
    if risk == "read" and roles & EXCHANGE_ROLES:
        return True
    return (
        (RECIPIENT_ADMINISTRATOR in roles and bool(_RECIPIENT.search(noun)))
        or (COMPLIANCE_ADMINISTRATOR in roles and bool(_COMPLIANCE.search(noun)))
        or (SECURITY_ADMINISTRATOR in roles and bool(_SECURITY.search(noun)))
        or (HELPDESK_ADMINISTRATOR in roles and noun in {"Mailbox", "CASMailbox", "MailboxRegionalConfiguration"})
    )
