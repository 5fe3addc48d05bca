"""The clouds of the simulated world: who lives where, and which names belong to each (exchange-protocol.md 1.1)."""

from dataclasses import dataclass

WORLDWIDE, GCC_HIGH, DOD, CHINA = "O365Default", "O365USGovGCCHigh", "O365USGovDoD", "O365China"


@dataclass(frozen=True, slots=True)
class NationalCloud:
    """One cloud under its `ExchangeEnvironmentName`; `index` and `every` choose the organizations that live there."""

    name: str
    directory: str  # clouds with the same one share their login host and their tenants' names
    region_scope: str
    region_sub_scope: str
    instance: str
    graph_host: str
    domain: str
    partner_name: str
    every: int = 0
    index: int = 0


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        NationalCloud(
            WORLDWIDE,
            "worldwide",
            "WW",
            "",
            "microsoftonline.com",
            "graph.microsoft.com",
            "onmicrosoft.com",
            "Halyard Managed Services",
        ),
        NationalCloud(
            GCC_HIGH,
            "us-government",
            "USGov",
            "DODCON",
            "microsoftonline.us",
            "graph.microsoft.us",
            "onmicrosoft.us",
            "Halyard Federal",
            every=50,
            index=41,
        ),
        NationalCloud(
            DOD,
            "us-government",
            "USGov",
            "DOD",
            "microsoftonline.us",
            "dod-graph.microsoft.us",
            "onmicrosoft.us",
            "Halyard Defense",
            every=100,
            index=47,
        ),
        NationalCloud(
            CHINA,
            "china",
            "WW",
            "",
            "partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
            "partner.onmschina.cn",
            "Halyard Shanghai",
            every=75,
            index=53,
        ),
    )
}
NATIONAL = tuple(cloud for cloud in CLOUDS.values() if cloud.every)


def cloud_of_index(index: int) -> str:
    """The cloud in which the organization number `index` lives."""
    return next((cloud.name for cloud in NATIONAL if index % cloud.every == cloud.index), WORLDWIDE)


_RESOURCES = {
    "graph": {
        "https://graph.microsoft.com": (WORLDWIDE,),
        "https://graph.microsoft.us": (GCC_HIGH,),
        "https://dod-graph.microsoft.us": (DOD,),
        "https://microsoftgraph.chinacloudapi.cn": (CHINA,),
        "00000003-0000-0000-c000-000000000000": tuple(CLOUDS),
    },
    "exchange": {
        "https://outlook.office365.com": (WORLDWIDE,),
        "https://outlook.office.com": (WORLDWIDE,),
        "https://outlook.office365.us": (GCC_HIGH,),
        "https://outlook-dod.office365.us": (DOD,),
        "https://partner.outlook.cn": (CHINA,),
        "00000002-0000-0ff1-ce00-000000000000": tuple(CLOUDS),
    },
    "compliance": {
        "https://ps.compliance.protection.outlook.com": (WORLDWIDE,),
        "https://ps.compliance.protection.office365.us": (GCC_HIGH, DOD),
    },
    "partner_center": {
        "https://api.partnercenter.microsoft.com": (WORLDWIDE,),
        "https://partner.partnercenterapi.microsoftonline.cn": (CHINA,),
        "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd": (WORLDWIDE, CHINA),
    },
}
RESOURCES = {audience: resource for resource, audiences in _RESOURCES.items() for audience in audiences}
_CLOUDS_OF_AUDIENCE = {audience: clouds for audiences in _RESOURCES.values() for audience, clouds in audiences.items()}


def clouds_of_audience(audience: str) -> tuple[str, ...]:
    """The clouds in which an audience names a resource; none for an unknown audience."""
    return _CLOUDS_OF_AUDIENCE.get(audience.rstrip("/").lower(), ())
