"""Admin consent: an administrator of an organization lets an application in, or not (exchange-protocol.md 2.1)."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Request, Response, redirect
from portal.sandbox.login import html
from portal.sandbox.login.authorities import read_authority
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.sign_in import SignIns
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.world import roles
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import standing

PATHS = frozenset({"adminconsent", "v2.0/adminconsent"})
ASKED = (
    "Manage Exchange As Application",
    "Manage Exchange configuration as the signed-in user",
    "Read directory data and delegated admin relationships",
)


@dataclass(slots=True)
class ForConsent:
    """A sign-in that ends with the question of consent. `scope` is what version 2 asked for and tells back."""

    asked: "dict[str, ForConsent]"
    cloud: Cloud
    application: Application
    redirect_uri: str
    state: str | None
    scope: str
    organization: Organization | None = None

    def complete(self, signed_in: SignedIn, organization: Organization) -> Response:
        """Ask whoever may consent."""
        person = signed_in.person
        found = standing(person, organization, self.cloud.partner)
        if found is None:
            user, home = person.user_principal_name, person.home.tenant_id
            client = self.application.application_id
            raise Refused(50020, user=user, home=home, tenant=organization.name, client=client)
        if roles.GLOBAL_ADMINISTRATOR not in found.roles:
            raise Refused(90094, tenant=organization.name, name=self.application.name)
        self.organization = organization
        identifier = secrets.token_urlsafe(24)
        self.asked[identifier] = self
        return self._question(organization, identifier)

    def cancel(self) -> Response:
        """Tell the application that the administrator did not want to."""
        return self._send({"error": "access_denied", "error_subcode": "cancel", **_described(Refused(65004))})

    def refuse(self, refused: Refused) -> Response:
        """Tell the application why not."""
        return self._send({"error": "access_denied", **_described(refused)})

    def accept(self) -> Response:
        """Let the application into the organization, and tell it."""
        organization = self.organization
        if organization is None:
            return self.cancel()
        if organization.has_trouble("app_not_consented"):
            organization.change_trouble(None)
        told = {"admin_consent": "True", "tenant": organization.tenant_id}
        return self._send(told | ({"scope": self.scope} if self.scope else {}))

    def _question(self, organization: Organization, identifier: str) -> Response:
        said = html.paragraph(f"{self.application.name} asks for permission in all of {organization.name}:")
        wanted = "<ul>" + "".join(f"<li>{text}</li>" for text in ASKED) + "</ul>"
        buttons = html.button("accept", "Accept", kind="first") + html.button("cancel", "Cancel")
        posted = html.form(f"/{organization.tenant_id}/adminconsent", {"consent": identifier}, buttons)
        return html.page("Permissions requested", said + wanted + posted)

    def _send(self, told: dict[str, str]) -> Response:
        if self.state is not None:
            told["state"] = self.state
        return redirect(f"{self.redirect_uri}?{urlencode(told)}")


class AdminConsent:
    """Answers GET and POST of `/{tenant}/adminconsent` and `/{tenant}/v2.0/adminconsent`."""

    def __init__(self, cloud: Cloud, sign_ins: SignIns) -> None:
        self._cloud = cloud
        self._sign_ins = sign_ins
        self._asked: dict[str, ForConsent] = {}

    def answer(self, request: Request, tenant: str, version: str) -> Response:
        """Begin the sign-in, or take the administrator's answer. Raises Refused for what is said on the page."""
        if request.method == "POST":
            return self._take(request)
        asked, organization = request.query, read_authority(self._cloud, tenant)
        application = self._cloud.registrations.find(asked.get("client_id", ""))
        if application is None:
            raise Refused(700016, client=asked.get("client_id", ""), tenant=tenant)
        redirect_uri = asked.get("redirect_uri", "")
        if not application.accepts_redirect(redirect_uri):
            raise Refused(50011, redirect_uri=redirect_uri, client=application.application_id)
        scope = asked.get("scope", "") if version.startswith("v2.0") else ""
        purpose = ForConsent(self._asked, self._cloud, application, redirect_uri, asked.get("state"), scope)
        hint = asked.get("login_hint", "")
        return self._sign_ins.begin(request, tenant, organization, purpose, hint=hint, prompt="select_account")

    def _take(self, request: Request) -> Response:
        form = request.form()
        purpose = self._asked.pop(form.get("consent", ""), None)
        if purpose is None:
            return html.page("This sign-in is over", html.paragraph("Open the link again."), status=400)
        return purpose.accept() if form.get("step") == "accept" else purpose.cancel()


def _described(refused: Refused) -> dict[str, str]:
    body = refused.body
    return {name: body[name] for name in ("error_description", "error_uri")}
