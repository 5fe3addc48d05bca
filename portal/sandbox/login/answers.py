"""Answers of the token endpoint that carry tokens (exchange-protocol.md 2.4, 2.7, 2.8 item 9)."""

import time
import uuid

import orjson

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Response, json_response
from portal.sandbox.login.scopes import challenge_claims
from portal.sandbox.tokens import encode
from portal.sandbox.world.organizations import Organization


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


def delegated_answer(cloud: Cloud, application: Application, audience: str, claims: Json) -> Response:
    """Answer to a client that asked for a user: access, refresh and id token, and who the client's user is."""
    expires_in = claims["exp"] - claims["iat"]
    prefix = audience.rstrip("/")
    granted = " ".join(f"{prefix}/{name}" for name in [*claims["scp"].split(), ".default"])
    id_claims = {
        "aud": application.application_id,
        "iss": claims["iss"],
        "tid": claims["tid"],
        "oid": claims["oid"],
        "sub": claims["sub"],
        "preferred_username": cloud.service_account,
        "name": "Signalbox service account",
        "ver": "2.0",
        "iat": claims["iat"],
        "nbf": claims["nbf"],
        "exp": claims["exp"],
    }
    client_info = {"uid": claims["oid"], "utid": cloud.partner.tenant_id}
    refresh_token = cloud.tokens.refresh_token(user_id=claims["oid"], client_id=application.application_id)
    return json_response(
        200,
        {
            "token_type": "Bearer",
            "scope": granted,
            "expires_in": expires_in,
            "ext_expires_in": expires_in,
            "access_token": cloud.tokens.sign(claims),
            "refresh_token": refresh_token,
            # Unsigned: clients do not verify an id token that came straight from the token endpoint, and a second
            # RSA signature would double the cost of a token.
            "id_token": f"{encode(orjson.dumps({'typ': 'JWT', 'alg': 'none'}))}.{encode(orjson.dumps(id_claims))}.",
            "client_info": encode(orjson.dumps(client_info)),
        },
    )
