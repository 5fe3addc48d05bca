"""Someone who clicks through the sign-in pages with a plain HTTP client: what a browser does, without one."""

import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx

from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox


@dataclass
class Shown(HTMLParser):
    """One page: its heading, text, form and buttons (value by text)."""

    url: str
    heading: str = ""
    text: str = ""
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    _inside: str = ""
    _value: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self._inside = tag
        self._value = known.get("value", known.get("href", ""))
        if tag == "form":
            self.action = known["action"]
        if tag == "input":
            self.fields[known["name"]] = known.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "h1":
            self.heading = data
        if self._inside == "button":
            self.buttons[data] = self._value
        if self._inside == "a":
            self.links[data] = self._value
        if self._inside not in ("style", "title"):
            self.text += f"{data}\n"


class Clicker:
    """Keeps cookies and the page it is on; `answer` holds the parameters of the redirect that ended the sign-in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        context = ssl.create_default_context(cafile=sandbox.ca_file)
        self._http = httpx.Client(verify=context, trust_env=False, timeout=20)
        self.answer: dict[str, str] = {}
        self.landed = ""
        self.status = 0
        self.page = Shown("")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def open(self, url: str) -> Shown:
        """Go to an address."""
        return self._arrive(self._http.get(url))

    def press(self, button: str, **typed: str) -> Shown:
        """Fill the page's form in and press a button."""
        chosen = {"step": self.page.buttons[button]} if self.page.buttons[button] else {}
        address = urljoin(self.page.url, self.page.action)
        return self._arrive(self._http.post(address, data={**self.page.fields, **typed, **chosen}))

    def sign_in(self, name: str, *, password: str = "") -> Shown:
        """Type the account and the password, and approve if asked."""
        if self.page.heading == "Pick an account":
            self.press("Use another account")
        if self.page.heading == "Sign in":
            self.press("Next", account=name)
        self.press("Sign in", password=password or password_of(self._sandbox, name))
        return self.press("I approve") if self.page.heading == "Approve sign-in request" else self.page

    def token(self, tenant: str, name: str) -> str:
        """Sign in at a tenant; returns an access token for Exchange Online."""
        redirect_uri = "http://127.0.0.1:8123/connections/sign-in/answer/"
        client_id = self._sandbox.partner["application_id"]
        asked = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": EXCHANGE_SCOPE}
        self.open(f"{self._sandbox.url}/{tenant}/oauth2/v2.0/authorize?{urlencode({**asked, 'login_hint': name})}")
        self.sign_in(name)
        answer = self._sandbox.redeem(
            tenant, grant_type="authorization_code", code=self.answer["code"], redirect_uri=redirect_uri
        )
        return str(answer.json()["access_token"])

    def _arrive(self, response: httpx.Response) -> Shown:
        self.status = response.status_code
        if response.is_redirect:
            self.landed = response.headers["location"]
            parsed = parse_qs(urlsplit(self.landed).query)
            self.answer = {name: values[0] for name, values in parsed.items()}
            return self.page
        self.page = Shown(str(response.url))
        self.page.feed(response.text)
        return self.page


def people(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Everybody by user principal name."""
    return {person["user_principal_name"]: person for person in sandbox.control("GET", "people").json()}


def password_of(sandbox: Sandbox, name: str) -> str:
    """The password of a person."""
    return str(people(sandbox)[name]["password"])


def technician(sandbox: Sandbox, local: str = "tess") -> str:
    """A person of the partner."""
    return next(name for name in people(sandbox) if name.startswith(f"{local}@"))
