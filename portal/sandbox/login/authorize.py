"""The authorize endpoint: checks the request, lets the person sign in, sends the code (exchange-protocol.md 2.2)."""

import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Request, Response, redirect
from portal.sandbox.login import html
from portal.sandbox.login.authorities import read_authority
from portal.sandbox.login.codes import AuthorizationCode, Codes
from portal.sandbox.login.policy import permit_person
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.scopes import requested_interactively
from portal.sandbox.login.sign_in import SignIns
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.world.organizations import Organization


@dataclass(slots=True)
class ForApplication:
    """A sign-in for an application in the browser, and how its answer travels."""

    cloud: Cloud
    codes: Codes
    application: Application
    audience: str
    parameters: dict[str, str]

    def complete(self, signed_in: SignedIn, organization: Organization) -> Response:
        """Send the code."""
        permit_person(self.cloud, self.application, organization, self.audience, signed_in)
        asked = self.parameters
        code = AuthorizationCode(
            self.application,
            asked["redirect_uri"],
            organization.tenant_id,
            asked["scope"],
            asked.get("nonce", ""),
            asked.get("code_challenge", ""),
            asked.get("code_challenge_method", "plain"),
            signed_in,
            time.time(),
        )
        return self._send({"code": self.codes.issue(code), "session_state": str(uuid.uuid4())})

    def cancel(self) -> Response:
        """Tell the application that the person did not want to."""
        body = Refused(65004).body
        return self._send(
            {
                "error": "access_denied",
                "error_subcode": "cancel",
                "error_description": body["error_description"],
                "error_uri": body["error_uri"],
            }
        )

    def refuse(self, refused: Refused) -> Response:
        """Tell the application why not."""
        body = refused.body
        return self._send({name: body[name] for name in ("error", "error_description", "error_uri")})

    def _send(self, answer: dict[str, str]) -> Response:
        redirect_uri = self.parameters["redirect_uri"]
        if "state" in self.parameters:
            answer["state"] = self.parameters["state"]
        if self.parameters.get("response_mode") == "form_post":
            continued = '<button class="first">Continue</button>'
            return html.page("Back to the application", html.form(redirect_uri, answer, continued))
        mark = "#" if self.parameters.get("response_mode") == "fragment" else "?"
        return redirect(f"{redirect_uri}{mark}{urlencode(answer)}")


class Authorize:
    """Answers GET `/{tenant}/oauth2/v2.0/authorize`."""

    def __init__(self, cloud: Cloud, sign_ins: SignIns, codes: Codes) -> None:
        self._cloud = cloud
        self._sign_ins = sign_ins
        self._codes = codes

    def answer(self, request: Request, tenant: str) -> Response:
        """Begin a sign-in. Raises Refused for what Entra says on the page and never to the redirect address."""
        asked = request.query
        organization = read_authority(self._cloud, tenant)
        application = self._application(asked, tenant)
        if asked.get("response_type") != "code":
            raise Refused(700054, response_type=asked.get("response_type", ""))
        purpose = ForApplication(self._cloud, self._codes, application, "", asked)
        try:
            purpose.audience = requested_interactively(asked.get("scope", ""), application)
        except Refused as refused:
            return purpose.refuse(refused)
        hint, prompt = asked.get("login_hint", ""), asked.get("prompt", "")
        return self._sign_ins.begin(request, tenant, organization, purpose, hint=hint, prompt=prompt)

    def _application(self, asked: dict[str, str], tenant: str) -> Application:
        application = self._cloud.registrations.find(asked.get("client_id", ""))
        if application is None:
            raise Refused(700016, client=asked.get("client_id", ""), tenant=tenant)
        if not application.accepts_redirect(asked.get("redirect_uri", "")):
            raise Refused(50011, redirect_uri=asked.get("redirect_uri", ""), client=application.application_id)
        return application
