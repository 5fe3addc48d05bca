"""The objects that an organization starts with, made from its seed store by store."""

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.sandbox.engine.store import Record, Row, TenantStore
from portal.sandbox.engine.templates import annotated
from portal.sandbox.world import recipients
from portal.sandbox.world.organizations import Organization, make_uuid

ROLE_GROUPS = (
    "Organization Management",
    "Recipient Management",
    "View-Only Organization Management",
    "Compliance Management",
    "Discovery Management",
    "Help Desk",
    "Hygiene Management",
    "Records Management",
    "Security Administrator",
    "Security Reader",
)
MANAGEMENT_ROLES = (
    "Mail Recipients",
    "Mail Recipient Creation",
    "Transport Rules",
    "Organization Configuration",
    "Distribution Groups",
    "View-Only Recipients",
    "View-Only Configuration",
    "Journaling",
    "Retention Management",
    "Role Management",
)
TRANSPORT_RULES = ("External sender banner", "Block auto-forward to internet", "Encrypt mail marked confidential")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def seed_records(store: TenantStore, noun: str) -> list[Record]:
    """Records of one store at the start, the same for the same seed."""
    organization = store.organization
    maker = _MAKERS.get(noun) or recipients.MAKERS.get(noun)
    rng = organization.rng(noun)
    if maker is not None:
        return [base_record(organization, noun, own) for own in maker(organization, rng)]
    return [base_record(organization, noun, own) for own in _generic(store, noun, rng)]


def base_record(organization: Organization, noun: str, own: Row) -> Record:
    """A record with the properties that every Exchange object has; `own["facets"]` are those of other nouns."""
    name = str(own.get("Name") or own.get("Identity") or noun)
    rng = random.Random(f"{organization.seed}:{noun}:{name}")
    created = stamp(EPOCH - timedelta(hours=rng.randrange(24, 24_000)))
    common: Row = {
        "Identity": name,
        "Id": name,
        "Name": name,
        "Guid": make_uuid(f"{organization.seed}:{noun}:{name}:guid"),
        "DistinguishedName": f"CN={name},OU={organization.initial_domain},OU=Microsoft Exchange Hosted Organizations",
        "WhenCreatedUTC": created,
        "WhenChangedUTC": created,
        "OrganizationId": organization.initial_domain,
        "IsValid": True,
        "ObjectState": "Unchanged",
    }
    facets = own.pop("facets", {})
    return Record(annotated({**common, **own}), facets)


def stamp(moment: datetime) -> str:
    """A moment as Exchange writes it: UTC, ISO 8601."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _accepted_domains(organization: Organization, _rng: random.Random) -> list[Row]:
    return [
        {
            "Name": domain,
            "DomainName": domain,
            "DomainType": "Authoritative",
            "Default": domain == organization.default_domain,
            "InitialDomain": domain == organization.initial_domain,
            "MatchSubDomains": False,
            "AddressBookEnabled": True,
            "IsCoexistenceDomain": False,
            "FederatedOrganizationLink": None,
        }
        for domain in organization.domains
    ]


def _organization_config(organization: Organization, _rng: random.Random) -> list[Row]:
    return [
        {
            "Name": organization.initial_domain,
            "Identity": organization.initial_domain,
            "DisplayName": organization.name,
            "Guid": make_uuid(f"{organization.seed}:configuration"),
            "ExternalDirectoryOrganizationId": organization.tenant_id,
            "IsDehydrated": organization.dehydrated,
            "DefaultMailboxRegion": organization.country.region,
            "AuditDisabled": False,
            "OAuth2ClientProfileEnabled": True,
        }
    ]


def _transport_rules(_organization: Organization, rng: random.Random) -> list[Row]:
    chosen = TRANSPORT_RULES[: rng.randrange(0, len(TRANSPORT_RULES) + 1)]
    return [
        {"Name": name, "State": "Enabled" if rng.random() < 0.8 else "Disabled", "Priority": place, "Mode": "Enforce"}
        for place, name in enumerate(chosen)
    ]


def _remote_domains(_organization: Organization, _rng: random.Random) -> list[Row]:
    return [{"Name": "Default", "DomainName": "*", "AutoReplyEnabled": True, "AutoForwardEnabled": False}]


def _connectors(organization: Organization, rng: random.Random) -> list[Row]:
    if rng.random() < 0.7:
        return []
    return [{"Name": f"{organization.name} relay", "Enabled": True, "ConnectorType": "OnPremises", "RequireTls": True}]


def _named(names: tuple[str, ...]) -> Any:
    return lambda _organization, _rng: [{"Name": name, "Description": f"{name} (built-in)"} for name in names]


def _dkim(organization: Organization, rng: random.Random) -> list[Row]:
    return [
        {"Name": domain, "Domain": domain, "Enabled": rng.random() < 0.7, "Status": "Valid", "KeySize": 2048}
        for domain in organization.domains
    ]


_MAKERS: dict[str, Any] = {
    "AcceptedDomain": _accepted_domains,
    "OrganizationConfig": _organization_config,
    "TransportRule": _transport_rules,
    "RemoteDomain": _remote_domains,
    "InboundConnector": _connectors,
    "OutboundConnector": _connectors,
    "RoleGroup": _named(ROLE_GROUPS),
    "ManagementRole": _named(MANAGEMENT_ROLES),
    "MailboxPlan": _named(("ExchangeOnlineEnterprise", "ExchangeOnlineDeskless", "ExchangeOnline")),
    "CASMailboxPlan": _named(("ExchangeOnlineEnterprise", "ExchangeOnlineDeskless", "ExchangeOnline")),
    "DkimSigningConfig": _dkim,
}


def _generic(store: TenantStore, noun: str, rng: random.Random) -> list[Row]:
    """A few plausible objects for a noun without a maker of its own."""
    verbs = store.catalogue.nouns.get(noun, {})
    if noun.endswith(("Report", "Trace")) or noun.startswith("MessageTrace"):
        return _events(store.organization, rng)
    if "New" not in verbs and "Set" in verbs:
        return [{"Name": "Default" if "Policy" in noun else store.organization.initial_domain}]
    if "Policy" in noun and "Rule" not in noun:
        return [{"Name": "Default", "IsDefault": True, "Enabled": True}]
    if "New" in verbs:
        return [
            {"Name": f"{store.organization.country.towns[place]} {noun}", "State": "Enabled", "Enabled": True}
            for place in range(rng.randrange(0, 3))
        ]
    return [{"Name": f"{noun} {place + 1}"} for place in range(rng.randrange(0, 3))]


def _events(organization: Organization, rng: random.Random) -> list[Row]:
    rows: list[Row] = []
    for place in range(rng.randrange(3, 12)):
        received = EPOCH + timedelta(minutes=rng.randrange(1, 400_000))
        message = base64.b32encode(rng.randbytes(10)).decode().lower()
        rows.append(
            {
                "Name": f"{place}",
                "Received": stamp(received),
                "Date": stamp(received),
                "SenderAddress": f"sender{rng.randrange(99)}@{rng.choice(organization.domains)}",
                "RecipientAddress": f"recipient{rng.randrange(99)}@partner.example",
                "Subject": rng.choice(("Quote", "Invoice", "Meeting notes", "Delivery", "Welcome")),
                "Status": rng.choice(("Delivered", "Delivered", "Delivered", "Failed", "FilteredAsSpam")),
                "Size": rng.randrange(4_000, 4_000_000),
                "MessageId": f"<{message}@{organization.default_domain}>",
                "MessageTraceId": make_uuid(message),
                "MessageCount": rng.randrange(1, 500),
                "Organization": organization.initial_domain,
            }
        )
    return rows
