"""People who sign in at the simulated Microsoft, as a browser would."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tests.factories import make_profile
from tests.live import Sandbox
from tests.portal.sandbox.clicking import Clicker


@pytest.fixture
def clicker(sandbox: Sandbox) -> Iterator[Clicker]:
    """A browser at Microsoft."""
    with Clicker(cast("Any", sandbox)) as clicker:
        yield clicker


@pytest.fixture
def people(sandbox: Sandbox) -> Callable[[str], dict[str, Any]]:
    """Return a function that finds an account of the simulated cloud by the beginning of its name."""

    def find(beginning: str, *, tenant: str = "") -> dict[str, Any]:
        tenant = tenant or sandbox.control("GET", "state")["partner"]["tenant_id"]
        found = sandbox.control("GET", f"people?tenant={tenant}")
        return next(person for person in found if person["user_principal_name"].startswith(beginning))

    return find


@pytest.fixture
def browser(technician: User) -> Client:
    """A technician's browser in the portal, at an address that the simulated app registration knows."""
    return browser_of(technician)


def browser_of(person: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    return client


@pytest.fixture
def interactive(partner: Partner) -> ConnectionProfile:
    return make_profile(partner, name="Own account", method=Method.INTERACTIVE, delegation=Delegation.GDAP)


@pytest.fixture
def device(partner: Partner) -> ConnectionProfile:
    return make_profile(partner, name="Device", method=Method.DEVICE, delegation=Delegation.GDAP)


def begin(browser: Client, profile: ConnectionProfile, **typed: str) -> Any:
    return browser.post(reverse("tenants:sign-in-begin", args=[profile.pk]), typed)


def address_at_microsoft(browser: Client) -> str:
    """Where the browser is sent to after an interactive sign-in has begun."""
    refresh: str = browser.get(reverse("tenants:sign-in-onward")).headers["Refresh"]
    return refresh.removeprefix("0; url=")


def go_through_microsoft(browser: Client, clicker: Clicker, person: dict[str, Any], **options: str) -> Any:
    """Sign in at Microsoft and follow it back to the portal."""
    clicker.open(address_at_microsoft(browser))
    clicker.sign_in(person["user_principal_name"], password=options.get("password", person["password"]))
    return browser.get(reverse("tenants:sign-in-answer"), clicker.answer)


def actions() -> list[str]:
    """What the audit trail says of personal sign-ins, oldest first."""
    return [
        action for action in AuditEvent.objects.order_by("pk").values_list("action", flat=True) if "personal" in action
    ]


def last_reason() -> str:
    """Why, as the newest event says it."""
    reason: str = AuditEvent.objects.order_by("pk").last().data["reason"]  # type: ignore[union-attr]  # there is one
    return reason
