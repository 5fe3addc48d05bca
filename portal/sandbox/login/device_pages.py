"""The device code endpoint, and the page where a person enters the code (exchange-protocol.md 2.1, 2.2)."""

from dataclasses import dataclass

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Request, Response, json_response
from portal.sandbox.login import html
from portal.sandbox.login.authorities import read_authority
from portal.sandbox.login.devices import DeviceCode, DeviceCodes
from portal.sandbox.login.policy import permit_person
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.scopes import requested_interactively
from portal.sandbox.login.sign_in import SignIns
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.world.organizations import Organization

PATH = "oauth2/deviceauth"


@dataclass(slots=True)
class ForDevice:
    """A sign-in for an application on another device."""

    cloud: Cloud
    code: DeviceCode

    @property
    def application(self) -> Application:
        """The application that shows the code."""
        return self.code.application

    def complete(self, signed_in: SignedIn, organization: Organization) -> Response:
        """Let the application have its token at its next poll."""
        permit_person(self.cloud, self.application, organization, self.code.audience, signed_in, by_device_code=True)
        self.code.signed_in = signed_in
        said = html.paragraph(
            f"You have signed in to {self.application.name} on your device. You may close this window."
        )
        return html.page("You have signed in", said)

    def cancel(self) -> Response:
        """Let the application know at its next poll."""
        self.code.refused = Refused(70018, "authorization_declined")
        said = html.paragraph(f"{self.application.name} was not signed in. You may close this window.")
        return html.page("You have declined", said)

    def refuse(self, refused: Refused) -> None:
        """Let the application have the refusal at its next poll (a choice of ours: Entra is not documented here)."""
        self.code.refused = refused


class DevicePages:
    """Answers POST `/{tenant}/oauth2/v2.0/devicecode` and GET and POST `/common/oauth2/deviceauth`."""

    def __init__(self, cloud: Cloud, sign_ins: SignIns, codes: DeviceCodes) -> None:
        self._cloud = cloud
        self._sign_ins = sign_ins
        self._codes = codes

    def issue(self, request: Request, tenant: str) -> Response:
        """Give a client its codes. Raises Refused."""
        form = request.form()
        organization = read_authority(self._cloud, tenant)
        for required in ("client_id", "scope"):
            if not form.get(required):
                raise Refused(900144, field=required)
        application = self._cloud.registrations.find(form["client_id"])
        if application is None:
            raise Refused(700016, client=form["client_id"], tenant=tenant)
        code = self._codes.issue(application, organization, requested_interactively(form["scope"], application))
        address = f"{request.base_url}/common/{PATH}"
        return json_response(
            200,
            {
                "user_code": code.user_code,
                "device_code": code.device_code,
                "verification_uri": address,
                "expires_in": self._codes.expires_in,
                "interval": code.interval,
                "message": f"To sign in, use a web browser to open the page {address} and enter the code "
                f"{code.user_code} to authenticate.",
            },
        )

    def enter(self, request: Request) -> Response:
        """Ask for the code, then whether the person meant it, then let him sign in."""
        form = request.form() if request.method == "POST" else {}
        typed = form.get("user_code", "")
        if not typed:
            return _entry()
        try:
            code = self._codes.entered(typed)
        except Refused as refused:
            return _entry(typed, refused)
        purpose = ForDevice(self._cloud, code)
        if form.get("step") == "cancel":
            return purpose.cancel()
        if form.get("step") != "continue":
            return _meant(code)
        tenant = code.organization.tenant_id if code.organization else "organizations"
        return self._sign_ins.begin(request, tenant, code.organization, purpose, prompt="select_account")


def _entry(typed: str = "", refused: Refused | None = None) -> Response:
    said = "That code did not work: it is wrong, used or expired. Check the code and try again." if refused else ""
    problem = f"{said} (AADSTS{refused.code})" if refused else ""
    content = html.field("user_code", "Code", typed, problem=problem) + html.button("enter", "Next", kind="first")
    return html.page("Enter code", html.paragraph("Enter the code that your application shows.") + _form({}, content))


def _meant(code: DeviceCode) -> Response:
    asked = html.paragraph(f"Are you trying to sign in to {code.application.name}?")
    warned = html.paragraph(
        "Only continue if you opened the application yourself and trust where the code is from.", "soft"
    )
    buttons = html.button("continue", "Continue", kind="first") + html.button("cancel", "Cancel")
    return html.page("Is it you?", asked + warned + _form({"user_code": code.user_code}, buttons))


def _form(hidden: dict[str, str], content: str) -> str:
    return html.form(f"/common/{PATH}", hidden, content)
