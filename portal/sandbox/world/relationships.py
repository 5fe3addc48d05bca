"""What Graph and Partner Center tell about the partner's customers (exchange-protocol.md 4.1 to 4.4)."""

from datetime import UTC, datetime, timedelta

from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json
from portal.sandbox.world import roles
from portal.sandbox.world.organizations import Organization, make_uuid

DURATION = timedelta(days=730)


def relationships(cloud: Cloud) -> list[Json]:
    """Delegated admin relationships of all customers, several of some."""
    found = []
    for organization in cloud.organizations:
        if organization.relationship != "none":
            found.append(_relationship(cloud, organization, organization.relationship, 0))
        if organization.index % 20 == 11 and organization.relationship in {"active", "expiring"}:
            found.append(_relationship(cloud, organization, "terminated", 1))
    return found


def find(cloud: Cloud, identifier: str) -> Json | None:
    """One relationship by id."""
    return next((item for item in relationships(cloud) if item["id"] == identifier), None)


def access_assignments(cloud: Cloud, relationship: Json) -> list[Json]:
    """Access assignments of a relationship: one security group a role, active only while the relationship is."""
    active = relationship["status"] == "active"
    organization = cloud.find(relationship["customer"]["tenantId"])
    held = {role["roleDefinitionId"] for role in relationship["accessDetails"]["unifiedRoles"]}
    assigned = set(organization.changed.get("assigned", held)) if organization else held
    return [
        {
            "@odata.etag": 'W/"JyIxIic="',
            "id": make_uuid(f"{relationship['id']}:{role['roleDefinitionId']}"),
            "status": "active" if active else "deleted",
            "createdDateTime": relationship["createdDateTime"],
            "lastModifiedDateTime": relationship["lastModifiedDateTime"],
            "accessContainer": {
                "accessContainerId": cloud.security_group(role["roleDefinitionId"]),
                "accessContainerType": "securityGroup",
            },
            "accessDetails": {"unifiedRoles": [role]},
        }
        for role in relationship["accessDetails"]["unifiedRoles"]
        if role["roleDefinitionId"] in assigned
    ]


def customers(cloud: Cloud) -> list[Json]:
    """Delegated admin customers: those with an active relationship (4.3)."""
    return [
        {"id": o.tenant_id, "tenantId": o.tenant_id, "displayName": o.name}
        for o in cloud.organizations
        if o.effective_roles
    ]


def contracts(cloud: Cloud) -> list[Json]:
    """Contracts of the customers with a reseller relationship (4.4)."""
    return [
        {
            "id": make_uuid(f"{organization.tenant_id}:contract"),
            "contractType": "ResellerPartnerContract",
            "customerId": organization.tenant_id,
            "defaultDomainName": organization.default_domain,
            "displayName": organization.name,
        }
        for organization in cloud.organizations
        if organization.reseller
    ]


def groups(cloud: Cloud) -> list[Json]:
    """The partner's security groups."""
    return [
        {"id": identifier, "displayName": name, "securityEnabled": True, "mailEnabled": False, "groupTypes": []}
        for identifier, name in cloud.security_groups()
    ]


def groups_by_id(cloud: Cloud, identifiers: list[str]) -> list[Json]:
    """Those of the partner's security groups that are asked for; one that does not exist is left out."""
    wanted = set(identifiers)
    return [{"@odata.type": "#microsoft.graph.group", **group} for group in groups(cloud) if group["id"] in wanted]


def own_groups(cloud: Cloud, claims: Json) -> list[Json]:
    """What the signed-in user belongs to: security groups, and a directory role."""
    person = cloud.people.find(claims["unique_name"])
    joined = {cloud.security_group(role) for role in (person.groups if person else frozenset()) - cloud.withheld}
    kept = [group for group in groups(cloud) if group["id"] in joined]
    role = {
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": make_uuid("role"),
        "displayName": "Directory Readers",
    }
    return [role, *({"@odata.type": "#microsoft.graph.group", **group} for group in kept)]


def me(cloud: Cloud, claims: Json) -> Json:
    """The signed-in user."""
    person = cloud.people.find(claims["unique_name"])
    return {
        "id": claims["oid"],
        "userPrincipalName": claims["upn"],
        "displayName": claims["name"],
        "accountEnabled": person is not None and not person.state,
    }


def tenant_information(organization: Organization) -> Json:
    """Public information about a tenant."""
    return {
        "tenantId": organization.tenant_id,
        "federationBrandName": None,
        "displayName": organization.name,
        "defaultDomainName": organization.default_domain,
    }


def organization_resource(organization: Organization) -> Json:
    """The `organization` resource of a tenant."""
    return {
        "id": organization.tenant_id,
        "displayName": organization.name,
        "countryLetterCode": organization.country.code,
        "preferredLanguage": organization.country.language[:2],
        "createdDateTime": "2019-05-06T08:00:00Z",
        "tenantType": "AAD",
        "verifiedDomains": [
            {
                "name": domain,
                "type": "Managed",
                "isDefault": domain == organization.default_domain,
                "isInitial": domain == organization.initial_domain,
                "capabilities": "Email, OfficeCommunicationsOnline",
            }
            for domain in organization.domains
        ],
    }


def domains(organization: Organization) -> list[Json]:
    """The `domains` of a tenant."""
    return [
        {
            "id": domain,
            "authenticationType": "Managed",
            "isAdminManaged": True,
            "isDefault": domain == organization.default_domain,
            "isInitial": domain == organization.initial_domain,
            "isRoot": True,
            "isVerified": True,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        }
        for domain in organization.domains
    ]


def _relationship(cloud: Cloud, organization: Organization, state: str, number: int) -> Json:
    key = (organization.tenant_id, state, number)
    if key not in cloud.relationships:
        cloud.relationships[key] = _make(cloud, organization, state, number)
    made = cloud.relationships[key]
    return made if number else {**made, **_changed(organization)}


def _changed(organization: Organization) -> Json:
    """What a control endpoint made of the relationship."""
    told = organization.changed
    names = {"end": "endDateTime", "auto_extend": "autoExtendDuration", "name": "displayName"}
    held = [{"roleDefinitionId": role} for role in sorted(organization.roles)]
    return {name: told[key] for key, name in names.items() if key in told} | {"accessDetails": {"unifiedRoles": held}}


def _make(cloud: Cloud, organization: Organization, state: str, number: int) -> Json:
    rng = organization.rng(f"relationship:{number}")
    today = datetime.fromtimestamp(cloud.started_at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = {"active": (120, 700), "expiring": (3, 60), "expired": (-89, 0)}.get(state, (30, 400))
    left = timedelta(days=rng.randrange(first, last))
    end = today + left
    start = end - DURATION
    extends = state == "active" and roles.GLOBAL_ADMINISTRATOR not in organization.roles and rng.random() < 0.6
    return {
        "@odata.etag": f'W/"{make_uuid(f"{organization.seed}:etag:{number}")[:8]}"',
        "id": f"{make_uuid(f'{organization.seed}:gdap:{number}')}-{make_uuid(f'{organization.seed}:gdap:{number}:b')}",
        "displayName": f"{cloud.partner.name} {organization.initial_domain.partition('.')[0]} {number + 1}",
        "duration": "P730D",
        "autoExtendDuration": "P180D" if extends else "PT0S",
        "status": {"expiring": "active"}.get(state, state),
        "customer": {"tenantId": organization.tenant_id, "displayName": organization.name},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in sorted(organization.roles)]},
        "createdDateTime": _stamp(start - timedelta(days=3)),
        "activatedDateTime": _stamp(start),
        "lastModifiedDateTime": _stamp(min(today, end)),
        "endDateTime": _stamp(end),
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
