"""The doors of the simulated clouds: one listening port for each host, or group of hosts, of the real ones.

A port stands for a host name, because everything answers on loopback. The Security & Compliance regions of the
worldwide cloud have ports of their own; in the other clouds the regional host is `127.0.0.1` at the cloud's port.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import orjson

from portal.sandbox.server import listen
from portal.sandbox.world.clouds import CHINA, DOD, GCC_HIGH, WORLDWIDE


class Door(StrEnum):
    """What a client reaches at one port."""

    WORLDWIDE = "worldwide"  # every service of the worldwide cloud, and the control endpoints
    US_LOGIN = "us-login"
    GCC_HIGH = "gcc-high"
    DOD = "dod"
    CHINA = "china"
    COMPLIANCE_EUR = "compliance-eur"
    COMPLIANCE_GBR = "compliance-gbr"
    COMPLIANCE_NAM = "compliance-nam"
    MANAGED_IDENTITY = "managed-identity"  # the only one without TLS, as on a machine in Azure


DIRECTORY_OF = {Door.WORLDWIDE: "worldwide", Door.US_LOGIN: "us-government", Door.CHINA: "china"}
"""Whose login host answers at a door."""

CLOUD_OF = {
    Door.WORLDWIDE: WORLDWIDE,
    Door.GCC_HIGH: GCC_HIGH,
    Door.DOD: DOD,
    Door.CHINA: CHINA,
    Door.COMPLIANCE_EUR: WORLDWIDE,
    Door.COMPLIANCE_GBR: WORLDWIDE,
    Door.COMPLIANCE_NAM: WORLDWIDE,
}
"""Whose Exchange, Security & Compliance and Graph answer at a door."""

COMPLIANCE_DOORS = (Door.COMPLIANCE_EUR, Door.COMPLIANCE_GBR, Door.COMPLIANCE_NAM)

_LOGIN_DOORS = {WORLDWIDE: Door.WORLDWIDE, GCC_HIGH: Door.US_LOGIN, DOD: Door.US_LOGIN, CHINA: Door.CHINA}
_SERVICE_DOORS = {WORLDWIDE: Door.WORLDWIDE, GCC_HIGH: Door.GCC_HIGH, DOD: Door.DOD, CHINA: Door.CHINA}
_WITH_PARTNER_CENTER = (WORLDWIDE, CHINA)
_REGIONS = dict(zip(("EUR", "GBR", "NAM"), COMPLIANCE_DOORS, strict=True))


class Doors:
    """The open doors with their ports."""

    def __init__(self, ports: Mapping[Door, int]) -> None:
        self._ports = dict(ports)
        self._by_port = {port: door for door, port in ports.items()}

    def at(self, port: int) -> Door:
        """The door at a port."""
        return self._by_port[port]

    def url(self, door: Door) -> str:
        """The front door's address."""
        return f"https://localhost:{self._ports[door]}"

    def regional_url(self, door: Door) -> str:
        """The same port under the name of a host behind it."""
        return f"https://127.0.0.1:{self._ports[door]}"

    @property
    def managed_identity_url(self) -> str:
        """Where the managed identity endpoints are."""
        return f"http://127.0.0.1:{self._ports[Door.MANAGED_IDENTITY]}"

    def login_url(self, cloud: str) -> str:
        """The login host of a cloud."""
        return self.url(_LOGIN_DOORS[cloud])

    def compliance_region(self, cloud: str, region: str) -> str:
        """The regional Security & Compliance host of an organization in `region`."""
        door = _REGIONS[region] if cloud == WORLDWIDE else _SERVICE_DOORS[cloud]
        return self.regional_url(door)

    def describe(self) -> dict[str, dict[str, object]]:
        """By cloud: its five addresses, and `redirect_hosts`, the hosts behind them, as host:port."""
        return {cloud: self._describe(cloud) for cloud in _SERVICE_DOORS}

    def _describe(self, cloud: str) -> dict[str, object]:
        front = self.url(_SERVICE_DOORS[cloud])
        behind = [door for door, owner in CLOUD_OF.items() if owner == cloud]
        return {
            "login_url": self.login_url(cloud),
            "graph_url": front,
            "partner_center_url": front if cloud in _WITH_PARTNER_CENTER else "",
            "exchange_url": front,
            "compliance_url": front,
            "redirect_hosts": [self.regional_url(door).removeprefix("https://") for door in behind],
        }


def open_doors(port: int, memory: Path) -> tuple[Doors, dict[Door, socket.socket]]:
    """Listen at every door: the worldwide one at `port` (0: a free one), the others where they were last time.

    The ports are remembered in `memory`, so that clients find every door again after a restart.
    """
    remembered: dict[str, int] = {}
    with suppress(FileNotFoundError, orjson.JSONDecodeError):
        remembered = orjson.loads(memory.read_bytes())
    listeners = {
        door: listen(port) if door is Door.WORLDWIDE else _listen_again(remembered.get(door, 0)) for door in Door
    }
    ports = {door: int(listener.getsockname()[1]) for door, listener in listeners.items()}
    memory.write_bytes(orjson.dumps({door.value: number for door, number in ports.items()}))
    return Doors(ports), listeners


def _listen_again(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError:
        return listen(0)
