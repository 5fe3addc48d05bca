"""OpenID Connect discovery: where a tenant's endpoints are, and in which cloud it lives (exchange-protocol.md 1.2)."""

from portal.sandbox.http import Json
from portal.sandbox.world.clouds import CLOUDS
from portal.sandbox.world.organizations import Organization


def configuration(base: str, issuer: str, organization: Organization, segment: str) -> Json:
    """The discovery document of a tenant: endpoints at `base`, which was asked; `issuer` is its own login host.

    `segment` is the tenant id, or `organizations`, whose issuer is a pattern.
    """
    tenant = f"{base}/{segment}"
    home = CLOUDS[organization.cloud]
    named = segment == organization.tenant_id
    document: Json = {
        "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{issuer}/{organization.tenant_id if named else '{tenantid}'}/v2.0",
        "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{tenant}/oauth2/v2.0/devicecode",
        "tenant_region_scope": home.region_scope if named else None,
        "cloud_instance_name": home.instance,
        "msgraph_host": home.graph_host,
    }
    if home.region_sub_scope:
        document["tenant_region_sub_scope"] = home.region_sub_scope
    return document
