"""What the login host tells everybody about a tenant, without a token (exchange-protocol.md 1.2)."""

from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tenants.microsoft.errors import MicrosoftError, error_from_response, parse_json


def openid_configuration(client: httpx.Client, login_url: str, tenant: str) -> dict[str, Any]:
    """Return the OpenID configuration of `tenant` (tenant id or verified domain).

    Raises `MicrosoftError`: status 400 means that the login host knows no such tenant, None that it cannot be reached.
    """
    try:
        response = client.get(f"{login_url}/{quote(tenant, safe='')}/v2.0/.well-known/openid-configuration")
    except httpx.TransportError as error:
        raise MicrosoftError(f"the login host cannot be reached: {error}") from error
    if response.status_code != httpx.codes.OK:
        raise error_from_response(response)
    body = parse_json(response.content)
    if not isinstance(body, dict):
        raise MicrosoftError("the OpenID configuration is not JSON", status=response.status_code)
    return body


def tenant_id(configuration: dict[str, Any]) -> str:
    """Return the tenant id (lower case) that the issuer carries; `MicrosoftError` if there is none."""
    segments = [part for part in urlsplit(str(configuration.get("issuer", ""))).path.split("/") if part]
    if not segments:
        raise MicrosoftError("the OpenID configuration names no issuer")
    return segments[0].lower()
