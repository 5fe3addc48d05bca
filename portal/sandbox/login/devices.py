"""Device codes: issued to a client, entered in a browser, polled at the token endpoint (RFC 8628; F15)."""

import secrets
import time
from dataclasses import dataclass

from portal.sandbox.applications import Application
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.world.organizations import Organization

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
USER_CODE_LENGTH = 9
REMEMBERED = 1_000


@dataclass(slots=True)
class DeviceCode:
    """One device code: for which client and tenant (None: `organizations`), and how far it has come."""

    application: Application
    organization: Organization | None
    audience: str
    device_code: str
    user_code: str
    expires_at: float
    interval: int
    polled_at: float = 0.0
    signed_in: SignedIn | None = None
    refused: Refused | None = None
    redeemed: bool = False

    def poll(self) -> SignedIn:
        """The sign-in, once; raises Refused while there is none and when there will be none."""
        now = time.time()
        too_fast, self.polled_at = now < self.polled_at + self.interval - 1, now
        if self.redeemed:
            raise Refused(54005)
        if self.refused is not None:
            raise self.refused
        if now >= self.expires_at:
            raise Refused(70020)
        if self.signed_in is None:
            raise Refused(70016, "slow_down" if too_fast else "")
        self.redeemed = True
        return self.signed_in


class DeviceCodes:
    """The device codes issued lately, and how long they live."""

    def __init__(self) -> None:
        self.expires_in = 900
        self.interval = 5
        self._by_device: dict[str, DeviceCode] = {}

    def issue(self, application: Application, organization: Organization | None, audience: str) -> DeviceCode:
        """Make a code for a client."""
        user_code = "".join(secrets.choice(ALPHABET) for _ in range(USER_CODE_LENGTH))
        expires_at = time.time() + self.expires_in
        code = DeviceCode(
            application, organization, audience, secrets.token_urlsafe(90), user_code, expires_at, self.interval
        )
        self._by_device[code.device_code] = code
        if len(self._by_device) > REMEMBERED:
            self._by_device.pop(next(iter(self._by_device)))
        return code

    def find(self, application: Application, device_code: str) -> DeviceCode:
        """The code that a client polls for. Raises Refused."""
        code = self._by_device.get(device_code)
        if code is None or code.application is not application:
            raise Refused(70018)
        return code

    def entered(self, user_code: str) -> DeviceCode:
        """The code that a person typed, any case. Raises Refused if it is wrong (70018), used or expired (70019)."""
        wanted = user_code.strip().upper()
        code = next((one for one in self._by_device.values() if one.user_code == wanted), None)
        if code is None:
            raise Refused(70018)
        if code.signed_in is not None or code.refused is not None or time.time() >= code.expires_at:
            raise Refused(70019)
        return code
