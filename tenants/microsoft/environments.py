"""The Microsoft clouds: which hosts and audiences belong to each (exchange-protocol.md 1.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from portal.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Environment:
    """One cloud, named as in `Connect-ExchangeOnline -ExchangeEnvironmentName`.

    Every address is a setting of its own and is never derived from another: in some clouds the host that is called
    and the audience of its token are different names (exchange-protocol.md R1.1). URLs have no trailing slash; scopes
    end in `/.default`; `None` means that Microsoft has published no such address. `allowed_hosts` are the only hosts
    that may receive a bearer token: `host` (port 443), `host:port`, or `.suffix` (any host below it, port 443).
    """

    name: str
    login_url: str
    graph_url: str
    partner_center_url: str | None
    exchange_url: str
    exchange_scope: str
    compliance_url: str | None
    compliance_scope: str | None
    allowed_hosts: frozenset[str]
    has_gdap: bool = False  # the GDAP APIs exist in the global cloud only (exchange-protocol.md 1.1)
    closed: bool = False  # kept so that old scripts can be read; nobody can connect any more (R1.4)


_ENVIRONMENTS = (
    Environment(
        name="O365Default",
        login_url="https://login.microsoftonline.com",
        graph_url="https://graph.microsoft.com",
        partner_center_url="https://api.partnercenter.microsoft.com",
        exchange_url="https://outlook.office365.com",
        exchange_scope="https://outlook.office365.com/.default",
        compliance_url="https://ps.compliance.protection.outlook.com",
        compliance_scope="https://ps.compliance.protection.outlook.com/.default",
        allowed_hosts=frozenset(
            {
                "outlook.office365.com",
                "ps.compliance.protection.outlook.com",
                ".ps.compliance.protection.outlook.com",
                ".admin.protection.outlook.com",
            }
        ),
        has_gdap=True,
    ),
    Environment(
        name="O365USGovGCCHigh",
        login_url="https://login.microsoftonline.us",
        graph_url="https://graph.microsoft.us",
        partner_center_url=None,
        exchange_url="https://outlook.office365.us",
        exchange_scope="https://outlook.office365.us/.default",
        compliance_url="https://ps.compliance.protection.office365.us",
        compliance_scope="https://ps.compliance.protection.office365.us/.default",
        allowed_hosts=frozenset(
            {
                "outlook.office365.us",
                "ps.compliance.protection.office365.us",
                ".ps.compliance.protection.office365.us",
            }
        ),
    ),
    Environment(
        name="O365USGovDoD",
        login_url="https://login.microsoftonline.us",
        graph_url="https://dod-graph.microsoft.us",
        partner_center_url=None,
        exchange_url="https://outlook-dod.office365.us",
        exchange_scope="https://outlook-dod.office365.us/.default",
        # Two of Microsoft's own pages disagree about this host; this is the one of the connection page.
        compliance_url="https://l5.ps.compliance.protection.office365.us",
        compliance_scope="https://ps.compliance.protection.office365.us/.default",
        allowed_hosts=frozenset(
            {"outlook-dod.office365.us", "webmail.apps.mil", ".ps.compliance.protection.office365.us"}
        ),
    ),
    Environment(
        name="O365China",
        login_url="https://login.chinacloudapi.cn",
        graph_url="https://microsoftgraph.chinacloudapi.cn",
        partner_center_url="https://partner.partnercenterapi.microsoftonline.cn",
        exchange_url="https://outlook.office365.cn",
        exchange_scope="https://partner.outlook.cn/.default",
        compliance_url="https://ps.compliance.protection.partner.outlook.cn",
        compliance_scope=None,
        allowed_hosts=frozenset(
            {
                "outlook.office365.cn",
                "partner.outlook.cn",
                "ps.compliance.protection.partner.outlook.cn",
                ".ps.compliance.protection.partner.outlook.cn",
            }
        ),
    ),
    Environment(
        name="O365GermanyCloud",
        login_url="https://login.microsoftonline.de",
        graph_url="https://graph.microsoft.de",
        partner_center_url=None,
        exchange_url="https://outlook.office.de",
        exchange_scope="https://outlook.office.de/.default",
        compliance_url=None,
        compliance_scope=None,
        allowed_hosts=frozenset({"outlook.office.de"}),
        closed=True,
    ),
)

ENVIRONMENTS: Mapping[str, Environment] = {environment.name: environment for environment in _ENVIRONMENTS}

# Names of the Chinese login host besides the one in its environment (exchange-protocol.md 1.1).
_CHINESE_LOGIN_HOSTS = frozenset({"login.chinacloudapi.cn", "login.partner.microsoftonline.cn"})


class EnvironmentRefused(Refused):
    """Nobody can connect to this environment; the message says what to choose instead."""


def require_open(name: str) -> Environment:
    """Return the published environment `name`; raises `EnvironmentRefused` when it is closed or unknown."""
    environment = ENVIRONMENTS.get(name)
    names = ", ".join(known.name for known in _ENVIRONMENTS if not known.closed)
    if environment is None:
        raise EnvironmentRefused(f"There is no environment “{name[:60]}”. Choose one of {names}.")
    if environment.closed:
        raise EnvironmentRefused(
            f"{name} cannot be used: Microsoft closed this cloud in 2021 and moved its organizations elsewhere. "
            f"Choose the environment that the organization is in now: {names}."
        )
    return environment


def with_base_urls(
    environment: Environment,
    *,
    login_url: str | None = None,
    graph_url: str | None = None,
    partner_center_url: str | None = None,
    exchange_url: str | None = None,
    compliance_url: str | None = None,
    allowed_hosts: frozenset[str] | None = None,
) -> Environment:
    """Return `environment` with other addresses and the same audiences.

    Hosts of a given `exchange_url` or `compliance_url` (with their ports) become allowed; `allowed_hosts` replaces the
    whole list.
    """
    given = {
        "login_url": login_url,
        "graph_url": graph_url,
        "partner_center_url": partner_center_url,
        "exchange_url": exchange_url,
        "compliance_url": compliance_url,
    }
    urls: dict[str, Any] = {name: url.rstrip("/") for name, url in given.items() if url is not None}
    if allowed_hosts is None:
        new = {urlsplit(urls[name]).netloc for name in ("exchange_url", "compliance_url") if name in urls}
        allowed_hosts = environment.allowed_hosts | new
    return replace(environment, allowed_hosts=allowed_hosts, **urls)


def login_hosts(environment: Environment) -> frozenset[str]:
    """Return the hosts (with port, if any) under which the environment's login host names its own endpoints."""
    own = frozenset({urlsplit(environment.login_url).netloc})
    return own | _CHINESE_LOGIN_HOSTS if own & _CHINESE_LOGIN_HOSTS else own


def published_hosts() -> frozenset[str]:
    """Return every host of Microsoft's clouds that is ever connected to, as entries of `portal.core.egress.hosts`."""
    known = ENVIRONMENTS.values()
    urls = {(e.login_url, e.graph_url, e.partner_center_url, e.exchange_url, e.compliance_url) for e in known}
    named = {urlsplit(url).netloc for each in urls for url in each if url}
    return frozenset(named).union(_CHINESE_LOGIN_HOSTS, *(e.allowed_hosts for e in known))


def detect(openid_configuration: Mapping[str, Any], *, chinese_login_url: str = "") -> str:
    """Return the name of the environment that a tenant's OpenID configuration describes (exchange-protocol.md 1.2).

    Decided from its fields, because the commercial login host answers for US government tenants as well.
    `chinese_login_url` is where this installation reaches the Chinese login host, if not under its published names.
    """
    scope = str(openid_configuration.get("tenant_region_scope", "")).upper()
    sub_scope = str(openid_configuration.get("tenant_region_sub_scope", "")).upper()
    if "DOD" in (scope, sub_scope):
        return "O365USGovDoD"
    if scope in ("USGOV", "USG"):
        return "O365USGovGCCHigh"
    chinese = _CHINESE_LOGIN_HOSTS | {urlsplit(chinese_login_url).netloc} - {""}
    hosts = {urlsplit(str(openid_configuration.get(name, ""))).netloc.lower() for name in ("issuer", "token_endpoint")}
    return "O365China" if hosts & chinese else "O365Default"
