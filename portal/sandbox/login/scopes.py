"""What clients ask for: scopes, permissions of each resource, and claims (exchange-protocol.md 2.1, 2.6)."""

import orjson

from portal.sandbox.applications import Application
from portal.sandbox.http import Json
from portal.sandbox.login.refusals import Refused
from portal.sandbox.tokens import COMPLIANCE, EXCHANGE, GRAPH, PARTNER_CENTER, resource_of

RESERVED_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
DELEGATED_SCOPES = {
    EXCHANGE: "Exchange.Manage",
    COMPLIANCE: "Exchange.Manage",
    GRAPH: "Directory.Read.All DelegatedAdminRelationship.ReadWrite.All User.Read",
    PARTNER_CENTER: "user_impersonation",
}
APPLICATION_ROLES = {
    EXCHANGE: ["Exchange.ManageAsApp"],
    COMPLIANCE: ["Exchange.ManageAsApp"],
    GRAPH: ["Directory.Read.All", "Organization.Read.All"],
    PARTNER_CENTER: [],
}


def requested(scope: str) -> tuple[str, list[str]]:
    """Split `scope` into the one resource and the names asked of it; raises Refused for several resources."""
    asked = [part.rpartition("/") for part in scope.split() if part not in RESERVED_SCOPES]
    audiences = {audience for audience, _, _ in asked}
    if len(audiences) != 1 or not all(audiences):
        raise Refused(70011, scope=scope)
    return audiences.pop(), [name for _, _, name in asked]


def requested_interactively(scope: str, application: Application) -> str:
    """The one resource asked for at a sign-in, where literal names of consented permissions are good too.

    Raises Refused for several resources (70011) and for a permission without consent (65001).
    """
    audience, names = requested(scope)
    consented = DELEGATED_SCOPES.get(resource_of(audience) or "", "").split()
    if not set(names) <= {".default", *consented}:
        raise Refused(65001, client=application.application_id, name=application.name)
    return audience


def challenge_claims(claims: str) -> Json:
    """Claims a token gets because the client asked for them (2.6): `xms_cc`, and `nbf` of a claims challenge."""
    try:
        asked = orjson.loads(claims)["access_token"] if claims else {}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return {}
    answer: Json = {}
    if "xms_cc" in asked:
        answer["xms_cc"] = asked["xms_cc"].get("values", [])
    if "nbf" in asked:
        answer["xms_challenge"] = str(asked["nbf"].get("value", ""))
    return answer
