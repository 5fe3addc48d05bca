"""Partner Center: the customers of a CSP partner (reseller relationships, which grant no access by themselves)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from portal.core.secrets.secret import Secret
from tenants.microsoft.errors import MicrosoftError, error_from_response, parse_json

_PAGE_SIZE = 500
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the partner; `relationship` is Partner Center's own word, e.g. `reseller`."""

    tenant_id: str
    domain: str
    company_name: str
    relationship: str


def customers(
    client: httpx.Client, bearer: Secret[str], *, partner_center_url: str, page_size: int = _PAGE_SIZE
) -> Iterator[Customer]:
    """Yield every customer of the partner, page by page.

    Raises `MicrosoftError` (`Throttled` with the time to wait). Nothing here waits or repeats.
    """
    url, extra = f"{partner_center_url}/v1/customers?size={page_size}", dict[str, str]()
    for _ in range(_MOST_PAGES):
        body = _get(client, bearer, url, extra)
        yield from (_customer(item) for item in body.get("items") or () if isinstance(item, dict))
        link = (body.get("links") or {}).get("next")
        if not isinstance(link, dict) or not link.get("uri"):
            return
        url, extra = _next_page(link, partner_center_url)
    raise MicrosoftError("Partner Center returned a list without an end")


def _get(client: httpx.Client, bearer: Secret[str], url: str, extra: Mapping[str, str]) -> Mapping[str, Any]:
    headers = {
        **extra,
        "Authorization": f"Bearer {bearer.reveal()}",
        "Accept": "application/json",
        "MS-RequestId": str(uuid4()),
        "MS-CorrelationId": str(uuid4()),
    }
    try:
        response = client.get(url, headers=headers)
    except httpx.TransportError as error:
        raise MicrosoftError(f"Partner Center cannot be reached: {error}") from error
    if not response.is_success:
        raise error_from_response(response)
    body = parse_json(response.content)
    if not isinstance(body, dict):
        raise MicrosoftError("Partner Center's answer is not JSON", status=response.status_code)
    return body


def _next_page(link: Mapping[str, Any], partner_center_url: str) -> tuple[str, dict[str, str]]:
    """Return URL and headers of the next page. The link is relative; its headers carry the continuation token."""
    uri = str(link["uri"])
    if urlsplit(uri).netloc:
        if urlsplit(uri)[:2] != urlsplit(partner_center_url)[:2]:
            raise MicrosoftError(f"Partner Center pointed to another host: {urlsplit(uri).netloc}")
    else:
        path = "/" + uri.lstrip("/")
        uri = partner_center_url + (path if path.startswith("/v1/") else "/v1" + path)
    headers = link.get("headers") or ()
    return uri, {str(h["key"]): str(h["value"]) for h in headers if isinstance(h, dict) and {"key", "value"} <= set(h)}


def _customer(item: Mapping[str, Any]) -> Customer:
    profile = item.get("companyProfile") or {}
    return Customer(
        tenant_id=str(profile.get("tenantId") or item.get("id") or "").lower(),
        domain=str(profile.get("domain") or ""),
        company_name=str(profile.get("companyName") or ""),
        relationship=str(item.get("relationshipToPartner") or ""),
    )
