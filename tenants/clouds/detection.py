"""Asking the login hosts in which cloud a tenant is; no credentials are needed (exchange-protocol.md 1.2)."""

import re
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import httpx

from portal.core.refusals import Refused
from tenants.microsoft.environments import detect
from tenants.microsoft.errors import MicrosoftError
from tenants.microsoft.login import openid_configuration, tenant_id
from tenants.profiles.microsoft import environment_named, microsoft_client, open_environments

AT_ONCE = 8
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_UNKNOWN_TENANT = frozenset({httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND})


class NoSuchTenant(Refused):
    """No login host of Microsoft knows the domain or tenant id."""


class LookUpFailed(Refused):
    """A login host did not answer, or not sensibly: nothing is known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A tenant with the environment in which it is."""

    tenant_id: UUID
    environment: str


def look_up(domain_or_tenant_id: str) -> Found:
    """Return the tenant that is called so, whichever cloud it is in; raises `NoSuchTenant` or `LookUpFailed`."""
    name = checked_name(domain_or_tenant_id)
    with microsoft_client() as client:
        for login_url in dict.fromkeys(environment.login_url for environment in open_environments()):
            try:
                document = openid_configuration(client, login_url, name)
                return Found(UUID(tenant_id(document)), detect(document, chinese_login_url=_chinese_login_url()))
            except MicrosoftError as error:
                if error.status not in _UNKNOWN_TENANT:
                    raise LookUpFailed(f"Microsoft's login host did not say where {name} is: {error}.") from error
            except ValueError as error:
                raise LookUpFailed(f"Microsoft's login host named no tenant for {name}. Try again later.") from error
    raise NoSuchTenant(
        f"No cloud of Microsoft knows {name}. Check the spelling; a domain must be verified in its organization."
    )


def look_up_all(tenant_ids: Collection[str]) -> Iterator[tuple[str, Found]]:
    """Yield those of many tenants that could be looked up, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for asked, found in zip(tenant_ids, pool.map(_found, tenant_ids), strict=True):
            if found:
                yield asked, found


def checked_name(domain_or_tenant_id: str) -> str:
    """Return what looks like a domain or a tenant id, in lower case; raises `NoSuchTenant` for anything else."""
    name = domain_or_tenant_id.strip().lower()
    with suppress(ValueError):
        return str(UUID(name))
    if not _DOMAIN.fullmatch(name):
        raise NoSuchTenant(f"“{name[:100]}” is neither a domain nor a tenant id. Type one like contoso.com.")
    return name


def _found(tenant: str) -> Found | None:
    try:
        return look_up(tenant)
    except Refused:
        return None


def _chinese_login_url() -> str:
    return environment_named("O365China").login_url
