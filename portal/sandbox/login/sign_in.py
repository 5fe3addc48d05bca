"""The pages on which a person signs in: account, password, second factor (exchange-protocol.md 2.2)."""

import hmac
import secrets
import time
from dataclasses import dataclass

from portal.sandbox.cloud import Cloud
from portal.sandbox.doors import Door
from portal.sandbox.http import Request, Response
from portal.sandbox.login import html
from portal.sandbox.login.authorities import find_person
from portal.sandbox.login.browser import remember, signed_in_here
from portal.sandbox.login.purposes import Purpose
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.signed_in import SignedIn, check_state
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import Person

REMEMBERED = 500


@dataclass(slots=True)
class SignIn:
    """A sign-in under way. `organization` is None at the authority `organizations`: the person's own decides."""

    identifier: str
    tenant: str
    organization: Organization | None
    purpose: Purpose
    door: Door
    person: Person | None = None
    amr: tuple[str, ...] = ()
    number: str = ""


class SignIns:
    """Answers POST `/{tenant}/login` and shows the first page of each sign-in."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._open: dict[str, SignIn] = {}

    def begin(
        self,
        request: Request,
        tenant: str,
        organization: Organization | None,
        purpose: Purpose,
        *,
        hint: str = "",
        prompt: str = "",
    ) -> Response:
        """The first page, or at once the end if the account is signed in in this browser and `prompt` allows it."""
        sign_in = SignIn(secrets.token_urlsafe(24), tenant, organization, purpose, request.door)
        self._open[sign_in.identifier] = sign_in
        if len(self._open) > REMEMBERED:
            self._open.pop(next(iter(self._open)))
        known = [] if prompt == "login" else signed_in_here(self._cloud, request)
        fitting = [one for one in known if not hint or one.person.user_principal_name == hint.lower()]
        if len(fitting) == 1 and prompt != "select_account":
            return self._finish(request, sign_in, fitting[0])
        if prompt == "none":
            return purpose.refuse(Refused(50058)) or Response(400)
        names = [one.person.user_principal_name for one in known]
        if names and not (hint and prompt != "select_account"):
            return _picker(sign_in, list(dict.fromkeys([*names, hint.lower()] if hint else names)))
        return self._take_account(sign_in, hint) if hint else _account(sign_in)

    def handle(self, request: Request) -> Response:
        """Take what a page posted."""
        form = request.form()
        sign_in = self._open.get(form.get("flow", ""))
        if sign_in is None:
            said = html.paragraph("Go back to the application and start again.")
            return html.page("This sign-in is over", said, status=400)
        step = form.get("step", "")
        if step == "cancel":
            self._open.pop(sign_in.identifier)
            return sign_in.purpose.cancel()
        if step == "other":
            sign_in.person, sign_in.amr = None, ()
            return _account(sign_in)
        if step.startswith("known:"):
            return self._take_known(request, sign_in, step.removeprefix("known:"))
        if step == "account":
            return self._take_account(sign_in, form.get("account", ""))
        if sign_in.person is None:
            return _account(sign_in)
        if step == "password":
            return self._take_password(request, sign_in, sign_in.person, form.get("password", ""))
        if "pwd" not in sign_in.amr:
            return _password(sign_in, sign_in.person)
        if step == "approve":
            sign_in.amr = ("pwd", "mfa")
            return self._finish(request, sign_in, self._proven(sign_in, sign_in.person))
        return _second_factor(sign_in, Refused(500121) if step == "deny" else None)

    def _take_known(self, request: Request, sign_in: SignIn, name: str) -> Response:
        for one in signed_in_here(self._cloud, request):
            if one.person.user_principal_name == name:
                return self._finish(request, sign_in, one)
        return self._take_account(sign_in, name)

    def _take_account(self, sign_in: SignIn, name: str) -> Response:
        person = find_person(self._cloud, sign_in.door, name)
        if person is None:
            where = sign_in.organization.name if sign_in.organization else name.rpartition("@")[2]
            return _account(sign_in, name, Refused(50034, user=name, tenant=where))
        sign_in.person, sign_in.amr = person, ()
        return _password(sign_in, person)

    def _take_password(self, request: Request, sign_in: SignIn, person: Person, password: str) -> Response:
        if not hmac.compare_digest(password.encode(), person.password.encode()):
            return _password(sign_in, person, Refused(50126))
        try:
            check_state(person)
        except Refused as refused:
            return _password(sign_in, person, refused)
        sign_in.amr = ("pwd",)
        if person.mfa:
            sign_in.number = f"{secrets.randbelow(90) + 10}"
            return _second_factor(sign_in, None)
        return self._finish(request, sign_in, self._proven(sign_in, person))

    def _proven(self, sign_in: SignIn, person: Person) -> SignedIn:
        tenant = sign_in.organization or person.home
        return SignedIn(person, sign_in.amr, time.time(), tenant.tenant_id)

    def _finish(self, request: Request, sign_in: SignIn, signed_in: SignedIn) -> Response:
        try:
            response = sign_in.purpose.complete(signed_in, sign_in.organization or signed_in.person.home)
        except Refused as refused:
            back = sign_in.purpose.refuse(refused)
            return remember(self._cloud, request, _blocked(sign_in, signed_in.person, refused, back), signed_in)
        self._open.pop(sign_in.identifier, None)
        return remember(self._cloud, request, response, signed_in)


def _form(sign_in: SignIn, content: str) -> str:
    return html.form(f"/{sign_in.tenant}/login", {"flow": sign_in.identifier}, content)


def _to(sign_in: SignIn) -> str:
    where = f" at {sign_in.organization.name}" if sign_in.organization else ""
    return html.paragraph(f"to continue to {sign_in.purpose.application.name}{where}", "soft")


def _picker(sign_in: SignIn, names: list[str]) -> Response:
    choices = "".join(html.button(f"known:{name}", name, kind="wide") for name in names)
    others = html.button("other", "Use another account", kind="wide") + html.button("cancel", "Cancel")
    return html.page("Pick an account", _to(sign_in) + _form(sign_in, choices + others))


def _account(sign_in: SignIn, typed: str = "", refused: Refused | None = None) -> Response:
    entry = html.field("account", "User name", typed, problem=_said(refused))
    buttons = html.button("account", "Next", kind="first") + html.button("cancel", "Cancel", leave=True)
    return html.page("Sign in", _to(sign_in) + _form(sign_in, entry + buttons))


def _password(sign_in: SignIn, person: Person, refused: Refused | None = None) -> Response:
    federated = person.state == "federated"
    title = "Sign in at your federation server" if federated else "Enter password"
    entry = html.field("password", "Password", kind="password", problem=_said(refused))
    buttons = (
        html.button("password", "Sign in", kind="first")
        + html.button("other", "Use another account", leave=True)
        + html.button("cancel", "Cancel", leave=True)
    )
    return html.page(title, html.paragraph(person.user_principal_name) + _to(sign_in) + _form(sign_in, entry + buttons))


def _second_factor(sign_in: SignIn, refused: Refused | None) -> Response:
    person = sign_in.person.user_principal_name if sign_in.person else ""
    said = html.paragraph(_said(refused), "problem") if refused else ""
    asked = html.paragraph(
        "Your authenticator app shows this number. This page is also your simulated phone: approve or deny here."
    )
    number = html.paragraph(sign_in.number, "number")
    buttons = (
        html.button("approve", "I approve", kind="first")
        + html.button("deny", "Deny")
        + html.button("cancel", "Cancel")
    )
    content = html.paragraph(person) + said + asked + number + _form(sign_in, buttons)
    return html.page("Approve sign-in request", content)


def _blocked(sign_in: SignIn, person: Person, refused: Refused, back: Response | None) -> Response:
    """What Entra shows instead of going on; its way back to the application is our own."""
    location = dict(back.headers).get("location", "") if back else ""
    link = html.link(location, "Back to the application") if location else ""
    other = _form(sign_in, html.button("other", "Sign in with another account"))
    content = html.paragraph(person.user_principal_name) + html.paragraph(_said(refused), "problem") + other + link
    return html.page("You cannot access this right now", content)


def _said(refused: Refused | None) -> str:
    return refused.body["error_description"].partition(" Trace ID:")[0] if refused else ""
