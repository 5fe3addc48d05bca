"""What the pages about sign-ins ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.core.actors import Actor
from tenants.profiles.methods import PERSONAL
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import visible_profiles
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.pending import flow_of


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person needs to finish a sign-in by device code; `address` is where the code is entered."""

    user_code: str
    address: str
    ends_at: datetime
    ask_every: int


def personal_profiles(actor: Actor) -> list[ConnectionProfile]:
    """Return the connection profiles with which a person signs in as himself, by name, with their partners."""
    usable = visible_profiles(actor).filter(retired_at=None, method__in=[method.value for method in PERSONAL])
    return list(usable.order_by("name", "pk"))


def device_code_of(pending: PendingSignIn) -> DeviceCode:
    """Return the code that the person is to enter."""
    flow = flow_of(pending)
    return DeviceCode(str(flow["user_code"]), _address_in(flow), pending.ends_at, pending.ask_every)


def address_of(pending: PendingSignIn) -> str:
    """Return the address at Microsoft where an interactive sign-in goes on."""
    return str(flow_of(pending)["auth_uri"])


def _address_in(flow: Mapping[str, object]) -> str:
    """Return where the code is entered, empty unless that is HTTPS: it becomes a link."""
    address = str(flow.get("verification_uri", ""))
    return address if address.startswith("https://") else ""
