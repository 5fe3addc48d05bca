"""Answers of the token endpoint that carry tokens (exchange-protocol.md 2.4, 2.7, 2.8 item 9)."""

import time
import uuid
from dataclasses import dataclass

import orjson

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Response, json_response
from portal.sandbox.login.scopes import DELEGATED_SCOPES, challenge_claims
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.tokens import encode
from portal.sandbox.world.organizations import Organization, make_uuid
from portal.sandbox.world.people import Standing


def base_claims(
    cloud: Cloud, application: Application, organization: Organization, audience: str, form: dict[str, str]
) -> Json:
    """Claims that every access token has."""
    now = int(time.time())
    return {
        "aud": audience,
        "iss": f"https://sts.windows.net/{organization.tenant_id}/",
        "iat": now,
        "nbf": now - 300,
        "exp": now + cloud.tokens.lifetime(),
        "appid": application.application_id,
        "appidacr": "2" if form.get("client_assertion") else "1" if application.confidential else "0",
        "tid": organization.tenant_id,
        "uti": encode(uuid.uuid4().bytes),
        "ver": "1.0",
        **challenge_claims(form.get("claims", "")),
    }


def application_answer(cloud: Cloud, claims: Json) -> Response:
    """Answer to a client that asked for itself: an access token alone."""
    expires_in = claims["exp"] - claims["iat"]
    return json_response(
        200,
        {
            "token_type": "Bearer",
            "expires_in": expires_in,
            "ext_expires_in": expires_in,
            "access_token": cloud.tokens.sign(claims),
        },
    )


@dataclass(frozen=True, slots=True)
class Delegation:
    """A permitted delegated token: which application gets it, where, for what, and for whom."""

    application: Application
    organization: Organization
    audience: str
    resource: str
    signed_in: SignedIn
    standing: Standing


def delegated_answer(cloud: Cloud, given: Delegation, form: dict[str, str], *, nonce: str = "") -> Response:
    """Answer to a client that asked for a user: access, refresh and id token, and who the client's user is."""
    claims = base_claims(cloud, given.application, given.organization, given.audience, form) | _user_claims(given)
    expires_in = claims["exp"] - claims["iat"]
    prefix = given.audience.rstrip("/")
    person = given.signed_in.person
    client_info = {"uid": person.object_id, "utid": person.home.tenant_id}
    return json_response(
        200,
        {
            "token_type": "Bearer",
            "scope": " ".join(f"{prefix}/{name}" for name in [*claims["scp"].split(), ".default"]),
            "expires_in": expires_in,
            "ext_expires_in": expires_in,
            "access_token": cloud.tokens.sign(claims),
            "refresh_token": cloud.tokens.refresh_token(given.signed_in.grant(given.application)),
            "id_token": _id_token(given, claims, nonce),
            "client_info": encode(orjson.dumps(client_info)),
        },
    )


def _user_claims(given: Delegation) -> Json:
    """Claims of a user's access token; `unique_name` is his name at home, `upn` the one he has in this tenant."""
    person, found = given.signed_in.person, given.standing
    claims: Json = {
        "oid": found.object_id,
        "sub": make_uuid(f"{given.application.application_id}:{found.object_id}"),
        "upn": found.user_principal_name,
        "unique_name": person.user_principal_name,
        "name": person.name,
        "idtyp": "user",
        "amr": list(given.signed_in.amr),
        "scp": DELEGATED_SCOPES[given.resource],
        "wids": sorted(found.roles),
    }
    if found.kind == "guest":
        claims["idp"] = f"https://sts.windows.net/{person.home.tenant_id}/"
    return claims


def _id_token(given: Delegation, claims: Json, nonce: str) -> str:
    """An unsigned id token: clients do not verify one that came straight from the token endpoint, and a second RSA
    signature would double the cost of a token.
    """
    content = {name: claims[name] for name in ("iss", "tid", "oid", "sub", "name", "amr", "iat", "nbf", "exp")} | {
        "aud": given.application.application_id,
        "preferred_username": given.signed_in.person.user_principal_name,
        "auth_time": int(given.signed_in.at),
        "ver": "2.0",
    }
    if nonce:
        content["nonce"] = nonce
    return f"{encode(orjson.dumps({'typ': 'JWT', 'alg': 'none'}))}.{encode(orjson.dumps(content))}."
