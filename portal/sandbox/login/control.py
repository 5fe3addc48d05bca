"""Control endpoints about people and sign-ins, under `/_sandbox/` like the others.

| Request | What it does |
| --- | --- |
| GET `people?tenant=` | everybody (or the members of a tenant): name, home, state, what is peculiar, password |
| POST `people/{upn}/revoke` `{"code": 50173}` | ends what he signed in to before with an AADSTS code |
| POST `people/{upn}/password` `{"password": text}` | the same by a change of password |
| POST `people/{upn}/state` `{"state": name}` | "", disabled, locked, password_expired or federated |
| GET `logins?since=seq&tenant=&kind=&user=` | the sign-in log, oldest first: never a secret |
| POST `aadsts` `{"code": n, "tenant": id, "times": n, "status": n}` | the token endpoint answers with a code; all but \
the code optional |
| DELETE `aadsts` | it answers by itself again |
| POST `device-codes` `{"expires_in": seconds, "interval": seconds}` | how new device codes live and are polled |
| GET `managed-identity` | its tenant, header, key folder and identities |
| POST `managed-identity` `{"tenant": id}` | its tokens are for another tenant |
| POST `codes` `{"older_by": seconds}` | authorization codes get older |
| POST `apps/{application_id}/redirect-uris` `{"uri": address}` | registers a redirect URI |
| POST `apps/{application_id}/public-flows` `{"allowed": bool}` | "Allow public client flows" |
"""

import time

from portal.sandbox.aadsts import AADSTS
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.login.forced import Forced
from portal.sandbox.login.service import Login
from portal.sandbox.managed_identity import ManagedIdentity
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import Person

STATES = ("", "disabled", "locked", "password_expired", "federated")


class LoginControl:
    """Answers the control endpoints above; others are not its own."""

    def __init__(self, cloud: Cloud, login: Login, managed_identity: ManagedIdentity) -> None:
        self._cloud = cloud
        self._login = login
        self._managed_identity = managed_identity

    def handle(self, request: Request) -> Response | None:
        """Dispatch by method and path; None for a path of another file's."""
        parts = request.path.removeprefix("/_sandbox/").strip("/").split("/")
        try:
            return self._dispatch(request, parts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return json_response(400, {"error": f"The request is not valid: {error}"})

    def _dispatch(self, request: Request, parts: list[str]) -> Response | None:
        body = request.json() or {}
        match request.method, parts:
            case "POST", ["reset"]:
                self._login.reset()
                self._managed_identity.reset()
            case "GET", ["people"]:
                return json_response(200, self._people(request.query.get("tenant", "")))
            case "POST", ["people", name, what]:
                return self._change(name, what, body)
            case "GET", ["logins"]:
                return json_response(200, self._logins(request.query))
            case "POST", ["aadsts"]:
                return self._force(body)
            case "DELETE", ["aadsts"]:
                self._login.forced.clear()
                return json_response(200, [])
            case "POST", ["device-codes"]:
                devices = self._login.devices
                devices.expires_in = int(body.get("expires_in", devices.expires_in))
                devices.interval = int(body.get("interval", devices.interval))
                return json_response(200, {"expires_in": devices.expires_in, "interval": devices.interval})
            case _, ["managed-identity"]:
                if request.method == "POST":
                    self._managed_identity.tenant_id = self._organization(body["tenant"]).tenant_id
                return json_response(200, self._managed_identity.describe())
            case "POST", ["codes"]:
                self._login.codes.age(float(body["older_by"]))
                return json_response(200, {})
            case "POST", ["apps", application_id, ("redirect-uris" | "public-flows") as what]:
                return self._application(application_id, what, body)
        return None

    def _organization(self, tenant: str) -> Organization:
        found = self._cloud.find(tenant)
        if found is None:
            raise ValueError(f"there is no tenant {tenant}")
        return found

    def _people(self, tenant: str) -> list[Json]:
        organization = self._cloud.find(tenant) if tenant else None
        people = self._cloud.people.of(organization) if organization else self._cloud.people.everybody()
        return [_describe(person) for person in people]

    def _change(self, name: str, what: str, body: Json) -> Response:
        person = self._cloud.people.find(name)
        if person is None:
            return json_response(404, {"error": f"There is no {name}."})
        if what == "revoke":
            code = int(body.get("code", 50173))
            person.revoke(_known(code), time.time())
        elif what == "password":
            person.password = str(body["password"])
            person.revoke(50173, time.time())
        elif what == "state" and body["state"] in STATES:
            person.state = body["state"]
        else:
            return json_response(400, {"error": f"Known: revoke, password, state with one of {STATES}."})
        return json_response(200, _describe(person))

    def _logins(self, query: dict[str, str]) -> list[Json]:
        wanted = {name: query[name] for name in ("tenant", "kind", "user") if query.get(name)}
        entries = self._cloud.logins.select(since=int(query.get("since", "0")))
        return [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]

    def _force(self, body: Json) -> Response:
        organization = self._cloud.find(body.get("tenant", ""))
        tenant = organization.tenant_id if organization else body.get("tenant", "")
        code, times = _known(int(body["code"])), body.get("times")
        self._login.forced.append(Forced(code, tenant, times, int(body.get("status", 0))))
        return json_response(200, [{"code": one.code, "tenant": one.tenant} for one in self._login.forced])

    def _application(self, application_id: str, what: str, body: Json) -> Response:
        application = self._cloud.registrations.find(application_id)
        if application is None:
            return json_response(404, {"error": "There is no such application."})
        if what == "redirect-uris":
            application.redirect_uris.add(str(body["uri"]))
        else:
            application.public_flows = bool(body["allowed"])
        described = {"redirect_uris": sorted(application.redirect_uris), "public_flows": application.public_flows}
        return json_response(200, described)


def _known(code: int) -> int:
    if code not in AADSTS:
        raise ValueError(f"the code {code} is not one of {', '.join(map(str, sorted(AADSTS)))}")
    return code


def _describe(person: Person) -> Json:
    return {
        "user_principal_name": person.user_principal_name,
        "name": person.name,
        "object_id": person.object_id,
        "home": person.home.tenant_id,
        "password": person.password,
        "peculiarity": person.peculiarity,
        "mfa": person.mfa,
        "state": person.state,
        "roles": sorted(person.roles),
        "groups": sorted(person.groups),
        "guest_in": {tenant: sorted(held) for tenant, held in person.guest_roles.items()},
    }
