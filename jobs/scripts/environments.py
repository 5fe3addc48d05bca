"""Which cloud the addresses in a script belong to (exchange-protocol.md 1.1, from `connect.json`)."""

from functools import cache
from urllib.parse import urlsplit

from jobs.scripts.signatures import VARIABLE, Given, connect_data

DEFAULT = "O365Default"
_OLD_HOSTS = {"ps.outlook.com": DEFAULT, "outlook.office365.com": DEFAULT, "pod51000psh.outlook.com": DEFAULT}
_CLOUD_ENDS = (
    *(".outlook.com", ".office365.com", ".office365.us", ".apps.mil", ".outlook.cn", ".office.de"),
    *("outlook.office.com", ".microsoft.com"),
)


@cache
def _tables() -> tuple[dict[str, str], dict[str, str], frozenset[str], tuple[str, ...]]:
    """Return environments by connection host and by sign-in host, the hosts of S&C, and the names."""
    data = connect_data()["environments"]
    names = {cloud: row["ExchangeEnvironmentName"] for cloud, row in data["Connect-ExchangeOnline"].items()}
    hosts, signs, compliance = dict(_OLD_HOSTS), {}, set()
    for cmdlet, rows in data.items():
        for cloud, row in rows.items():
            host = _host(row["ConnectionUri"])
            hosts[host] = names[cloud]
            if cmdlet == "Connect-IPPSSession":
                compliance.add(host)
            if "AzureADAuthorizationEndpointUri" in row:
                sign = _host(row["AzureADAuthorizationEndpointUri"])
                signs[sign] = "O365USGovGCCHigh" if sign.endswith(".us") else names[cloud]
    return hosts, signs, frozenset(compliance), tuple(dict.fromkeys(names.values()))


def environment_of(given: Given) -> str:
    """Return the environment that a connection names, the default one, or `VARIABLE`."""
    hosts, signs, _, names = _tables()
    named = given.text("ExchangeEnvironmentName")
    if named is not None:
        return next((name for name in names if name.lower() == named.lower()), VARIABLE)
    unsure = False
    for parameter, table in (("ConnectionUri", hosts), ("AzureADAuthorizationEndpointUri", signs)):
        if parameter in given.values:
            host = address_host(given, parameter)
            if host in table:
                return table[host]
            if host.endswith("ps.compliance.protection.outlook.com"):
                return DEFAULT
            unsure |= not host
    return VARIABLE if unsure else DEFAULT


def address_host(given: Given, parameter: str) -> str:
    """Return the host of an address in lower case, also of one that ends in a variable; empty when not known."""
    text = given.text(parameter) or ""
    if text == VARIABLE:
        text = given.sources.get(parameter, "").strip("\"'(").partition("$")[0]
        if text.count("/") < 3:
            return ""
    return _host(text)


def is_compliance(host: str) -> bool:
    """Whether a host is one of Security & Compliance."""
    return host in _tables()[2] or ".ps.compliance.protection." in f".{host}"


def is_cloud(host: str) -> bool:
    """Whether a host is one of Microsoft's clouds, not an Exchange server of one's own."""
    return host in _tables()[0] or f".{host}".endswith(_CLOUD_ENDS)


def compliance_address(environment: str) -> tuple[str, str]:
    """Return the connection and the sign-in address of Security & Compliance in an environment, empty if none."""
    data = connect_data()["environments"]
    for cloud, row in data["Connect-ExchangeOnline"].items():
        other = data["Connect-IPPSSession"].get(cloud)
        if row["ExchangeEnvironmentName"] == environment and other:
            return other["ConnectionUri"], other.get("AzureADAuthorizationEndpointUri", "")
    return "", ""


def _host(address: str) -> str:
    try:
        return (urlsplit(address.strip()).hostname or "").lower()
    except ValueError:
        return ""
