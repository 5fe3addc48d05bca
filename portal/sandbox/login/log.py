"""The sign-in log: what was asked of the login service and the managed identity endpoints, never the secrets."""

from dataclasses import dataclass

from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json


@dataclass(slots=True)
class Login:
    """One request: `kind` is token, devicecode, authorize, userrealm, adminconsent, ws_trust or managed_identity.

    `tenant` is the tenant id if it is known, else the segment; `code` the AADSTS code of a refusal, else 0;
    `answered` the HTTP status, or the name of a fault.
    """

    kind: str
    tenant: str
    grant: str = ""
    client_id: str = ""
    scope: str = ""
    user: str = ""
    code: int = 0
    answered: str = ""


def note(cloud: Cloud, login: Login) -> None:
    """Write one request into the log."""
    organization = cloud.find(login.tenant)
    entry: Json = {
        "kind": login.kind,
        "tenant": organization.tenant_id if organization else login.tenant,
        "grant": login.grant.rpartition(":")[2],
        "client_id": login.client_id,
        "scope": login.scope,
        "user": login.user,
        "code": login.code,
        "answered": login.answered,
    }
    cloud.logins.append(entry)
