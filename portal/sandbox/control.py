"""Control endpoints of the sandbox, the only ones that know that they are a simulator. All under `/_sandbox/`, JSON.

| Request | What it does |
| --- | --- |
| GET `state` | partner (tenant id, domains, application id, secret, refresh token, service account), counts |
| | `partners`: tenant id, domains, application id and secret of each cloud's partner, the worldwide one first |
| GET `organizations` | tenant id, name, domains, cloud, relationship, mailboxes, redirects and trouble of each |
| GET `ledger?since=seq&tenant=&cmdlet=` | entries of the ledger, oldest first |
| GET `faults` | the rules with how often they were seen and applied |
| POST `faults` `{"match": {…}, "action": {"type": …}}` | adds a rule (a list adds several) |
| DELETE `faults` | removes every rule |
| POST `apps/{application_id}/certificates`, body PEM | registers a public certificate, as a person does in Entra |
| DELETE `apps/{application_id}/certificates` | removes all its certificates |
| POST `reset` | world, faults, latency and memory of the ledger as at the start; certificates stay |
| POST `latency` `{"ms": n}` | delay of every answer |
| POST `throttle` `{"rate": calls a second, "burst": calls}` or `{"rate": null}` | 429 by a token bucket per tenant |
| POST `organizations/{tenant}/trouble` `{"trouble": name}` or null | changes an organization's trouble |
| POST `organizations/{tenant}/relationship` `{"state", "roles", "end", "auto_extend", "name", "assigned"}` | changes \
the first delegated admin relationship; roles and assigned are template ids, each member optional |
| POST `roles/{role}/service-account` `{"member": bool}` | the service account joins or leaves the role's group |
| POST `organizations/{tenant}/region` `{"region": EUR, GBR or NAM}` | Security & Compliance moves it there |
| DELETE `organizations/{tenant}` | the customer vanishes |
| GET `waits` | calls refused with Retry-After, calls inside such a time, calls then that were on the wire already |
| GET `discoveries` | how often Security & Compliance told each tenant its region, by tenant id |

More, about people and sign-ins: `portal/sandbox/login/control.py`.

Match members: service (login, graph, partner_center, exchange, managed_identity), host and path (part of it), method,
cmdlet, tenant (id), `*` as wildcard or a list of alternatives, nth (number or list), probability, times. Actions:
status (code, body, headers), throttled (retry_after), nul403, delay (seconds), hold, html (status, body),
reset_before_execute, execute_then_reset, execute_then_504, execute_then_timeout, truncate_body, bad_gzip,
drop_batch_id, expire_cursor, flip_backend, revoke_rt, claims_challenge, stale_role.
"""

from portal.sandbox.cloud import Cloud, Throttle
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.login.policy import blocks_device_codes
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.troubles import TROUBLES


class Control:
    """Answers everything under `/_sandbox/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Response:
        """Dispatch by method and path."""
        method, parts = request.method, request.path.removeprefix("/_sandbox/").strip("/").split("/")
        match method, parts:
            case "GET", ["state"]:
                return json_response(200, self._state())
            case "GET", ["organizations"]:
                return json_response(200, [_describe(organization) for organization in self._cloud.organizations])
            case "GET", ["waits"]:
                return json_response(200, self._cloud.waits.describe())
            case "GET", ["discoveries"]:
                return json_response(200, self._cloud.discoveries)
            case "GET", ["ledger"]:
                return self._ledger(request)
            case _, ["faults"]:
                return self._faults(request)
            case _, ["apps", application_id, "certificates"]:
                return self._certificates(request, application_id)
            case "POST", [("reset" | "latency" | "throttle") as what]:
                return self._settings(what, request)
            case "POST", ["roles", role, "service-account"]:
                return self._membership(request, role)
            case _, ["organizations", tenant, *rest]:
                return self._organization(request, tenant, rest)
        return _problem(404, "There is no such control endpoint.")

    def _state(self) -> Json:
        cloud = self._cloud
        troubled = [o.trouble for o in cloud.organizations if o.trouble]
        return {
            "partner": {
                "tenant_id": cloud.partner.tenant_id,
                "name": cloud.partner.name,
                "initial_domain": cloud.partner.initial_domain,
                "domains": cloud.partner.domains,
                "application_id": cloud.application_id,
                "client_secret": cloud.client_secret,
                "refresh_token": cloud.refresh_token(),
                "service_account": cloud.service_account,
                "service_account_id": cloud.service_account_id,
                "security_groups": [{"id": key, "display_name": name} for key, name in cloud.security_groups()],
            },
            "partners": [self._partner(name) for name in cloud.partners],
            "organizations": len(cloud.organizations),
            "troubles": {name: troubled.count(name) for name in sorted(set(troubled))},
            "latency_ms": cloud.latency * 1000,
            "ledger": len(cloud.ledger.entries),
            "faults": len(cloud.faults.rules),
            "violations": cloud.violations,
        }

    def _partner(self, name: str) -> Json:
        cloud, partner = self._cloud, self._cloud.partners[name]
        application = cloud.registrations.of_cloud(name)
        return {
            "environment": name,
            "tenant_id": partner.tenant_id,
            "name": partner.name,
            "initial_domain": partner.initial_domain,
            "domains": partner.domains,
            "application_id": application.application_id,
            "client_secret": application.secret,
        }

    def _ledger(self, request: Request) -> Response:
        query = request.query
        since = query.get("since", "0")
        if not since.isdigit():
            return _problem(400, "since must be a number.")
        tenant, cmdlet = query.get("tenant", ""), query.get("cmdlet", "")
        return json_response(200, self._cloud.ledger.select(since=int(since), tenant=tenant, cmdlet=cmdlet))

    def _faults(self, request: Request) -> Response:
        faults = self._cloud.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            body = request.json()
            try:
                for rule in body if isinstance(body, list) else [body]:
                    faults.add(dict(rule.get("match", {})), dict(rule["action"]))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return _problem(400, f"The rule is not valid: {error}")
        return json_response(200, [rule.describe() for rule in faults.rules])

    def _certificates(self, request: Request, application_id: str) -> Response:
        application = self._cloud.registrations.find(application_id)
        if application is None:
            return _problem(404, "There is no such application.")
        if request.method == "POST":
            try:
                application.register(request.body.decode())
            except ValueError as error:
                return _problem(400, f"The certificate cannot be registered: {error}")
        elif request.method == "DELETE":
            application.certificates.clear()
        self._cloud.registrations.save()
        return json_response(
            200, [{"x5t": c.thumbprint, "x5t#S256": c.thumbprint_sha256} for c in application.certificates]
        )

    def _settings(self, what: str, request: Request) -> Response:
        cloud, body = self._cloud, request.json() or {}
        try:
            if what == "reset":
                cloud.reset()
            elif what == "latency":
                cloud.latency = float(body["ms"]) / 1000
            else:
                rate = body["rate"]
                cloud.throttle = Throttle(float(rate), float(body.get("burst", rate))) if rate else None
        except (KeyError, TypeError, ValueError) as error:
            return _problem(400, f"The setting is not valid: {error}")
        return json_response(200, self._state())

    def _organization(self, request: Request, tenant: str, rest: list[str]) -> Response:
        organization = self._cloud.find(tenant)
        if organization is None or organization.index < 0:
            return _problem(404, "There is no such organization.")
        if request.method == "DELETE" and not rest:
            self._cloud.remove(organization)
            return json_response(200, _describe(organization))
        if request.method == "POST" and rest == ["trouble"]:
            trouble = (request.json() or {}).get("trouble")
            if trouble is not None and trouble not in TROUBLES:
                return _problem(400, f"Unknown trouble. Known: {', '.join(TROUBLES)}.")
            organization.change_trouble(trouble)
            return json_response(200, _describe(organization))
        if request.method == "POST" and rest == ["relationship"]:
            organization.change_relationship(request.json() or {})
            return json_response(200, _describe(organization))
        if request.method == "POST" and rest == ["region"]:
            organization.compliance_region = str((request.json() or {}).get("region"))
            return json_response(200, _describe(organization))
        return _problem(405, "The method is not allowed.")

    def _membership(self, request: Request, role: str) -> Response:
        cloud, is_member = self._cloud, bool((request.json() or {}).get("member"))
        (cloud.withheld.discard if is_member else cloud.withheld.add)(role)
        return json_response(200, {"group": cloud.security_group(role), "member": is_member})


def _describe(organization: Organization) -> Json:
    return {
        "index": organization.index,
        "tenant_id": organization.tenant_id,
        "name": organization.name,
        "initial_domain": organization.initial_domain,
        "default_domain": organization.default_domain,
        "domains": organization.domains,
        "cloud": organization.cloud,
        "country": organization.country.code,
        "relationship": organization.relationship,
        "reseller": organization.reseller,
        "roles": sorted(organization.effective_roles),
        "mailboxes": organization.mailboxes,
        "redirects": organization.redirects,
        "compliance_region": organization.compliance_region,
        "blocks_device_codes": blocks_device_codes(organization),
        "trouble": organization.trouble,
    }


def _problem(status: int, text: str) -> Response:
    return json_response(status, {"error": text})
