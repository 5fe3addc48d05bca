"""Opening a connection: the organization answers, and every named cmdlet is allowed (exchange-protocol.md 3.12)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jobs.exchange import capabilities, refusals
from jobs.exchange.answer import Exchange
from jobs.exchange.call import masked
from jobs.exchange.channel import Channel
from jobs.exchange.disturbances import REDIRECT_REFUSED, THROTTLED, UNREACHABLE, UNREADABLE_ANSWER
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.page import UnreadablePage
from jobs.exchange.routing import origin
from jobs.exchange.wire import Reply, Request

_TIMEOUT = 60.0
_PROBE = "Get-OrganizationConfig"
_TELLING = (refusals.ROLE_MISSING, refusals.APP_ROLE_UNSUPPORTED, THROTTLED)
_HAS_MOVED = (UNREACHABLE, refusals.WRONG_ADDRESS, REDIRECT_REFUSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What opening is to find out, and whom it asks or tells meanwhile.

    `before_probe` allows the one cmdlet that opening may send, a read that finds out why a named cmdlet is not offered.
    It is called with the cmdlet's name and client request id, under the rules of `Connection.before_send`; without it,
    no probe is sent. `found_region` is called with where Security & Compliance is, when that had to be asked for,
    before anything else is done, so that a failure does not lose it. With `lists_every_cmdlet`, all that the identity
    may run is read, and a named cmdlet that is not among them fails only when it is invoked. With `keeps_key` the
    organization's key for secrets is kept.
    """

    commands: tuple[str, ...]
    before_probe: Callable[[str, str], None] | None = None
    found_region: Callable[[str], None] | None = None
    lists_every_cmdlet: bool = False
    keeps_key: bool = False


class Opening:
    """One opening, and what it found: `offered` cmdlets in Exchange's spelling, the region, the key for secrets."""

    def __init__(self, channel: Channel, wanted: Wanted) -> None:
        self.record: list[Exchange] = []
        self.offered: frozenset[str] = frozenset()
        self.protection_key: RSAPublicKey | None = None
        self.regional_host = ""
        self._channel = channel
        self._wanted = wanted

    def carry_out(self) -> None:
        """Open. Raises `CallFailed`, and what `before_probe` raises; only the probe may have run then."""
        try:
            self._open()
        except CallFailed as failure:
            failure.ran, failure.retry = Ran.NO, failure.explanation.retry
            failure.exchanges = tuple(self.record)
            raise

    def _open(self) -> None:
        self._channel.wire.guard.check_anchor(self._channel.spec.anchor())  # before a token is asked for
        if self._channel.spec.service == "scc" and not self._is_open_at_known_region():
            self._find_region()
            self._read_module_file()
        elif self._channel.spec.service == "exo":
            self._read_module_file()

    def _is_open_at_known_region(self) -> bool:
        """Open at the region of last time; False if there is none, or the organization is there no longer."""
        if not self._channel.spec.regional_host:
            return False
        self._channel.wire.host = self.regional_host = self._channel.spec.regional_host
        try:
            self._read_module_file()
        except CallFailed as failure:
            if failure.explanation not in _HAS_MOVED:
                raise
            return False
        return True

    def _find_region(self) -> None:
        """Ask the front door where the organization's Security & Compliance is (exchange-protocol.md 1.3)."""
        self.regional_host, self._channel.wire.host = "", origin(self._channel.spec.base_url)
        request = self._request({})
        url = self._channel.url(capabilities.banner_path(self._channel.spec.tenant_id))
        reply = self._channel.look_up_redirect(request, url)
        if not (httpx.codes.is_success(reply.status) or httpx.codes.is_redirect(reply.status)):
            raise self._channel.refusal(request, reply)
        self.regional_host = self._channel.wire.host
        if self._wanted.found_region:
            self._wanted.found_region(self.regional_host)

    def _read_module_file(self) -> None:
        asked = (capabilities.EVERY_CMDLET,) if self._wanted.lists_every_cmdlet else self._wanted.commands
        request = self._request(capabilities.module_file_headers(asked), keeps_response=False)
        url = self._channel.url(capabilities.module_file_path(self._channel.spec.tenant_id))
        reply = self._channel.send(request, url)
        if not httpx.codes.is_success(reply.status):
            raise self._channel.refusal(request, reply)
        self._grant(reply)

    def _request(self, headers: Mapping[str, str], *, cmdlet_name: str = "", keeps_response: bool = True) -> Request:
        body = masked({"CmdletInput": {"CmdletName": cmdlet_name, "Parameters": {}}}, ()) if cmdlet_name else b""
        return Request(
            method="POST" if cmdlet_name else "GET",
            headers={**self._channel.headers(str(uuid4()), cmdlet_name), **headers},
            body=body,
            recorded_body=body,
            read_timeout=_TIMEOUT,
            reads=True,
            anchor=self._channel.spec.anchor(),
            keeps_response=keeps_response,  # the module file is program text, and large
            record=self.record,
        )

    def _grant(self, reply: Reply) -> None:
        try:
            self.offered = capabilities.exported_cmdlets(reply.body)
            self.protection_key = capabilities.protection_key(reply.body) if self._wanted.keeps_key else None
        except UnreadablePage as error:
            raise CallFailed(UNREADABLE_ANSWER, ran=Ran.NO, detail=str(error)) from error
        granted = {name.lower() for name in self.offered}
        absent = [name for name in self._wanted.commands if name.lower() not in granted]
        if absent and not (self._wanted.lists_every_cmdlet and self.offered):
            raise self._reason_for_absence() or CallFailed(
                refusals.CMDLET_ABSENT, ran=Ran.NO, answered=True, detail=", ".join(absent)
            )

    def _reason_for_absence(self) -> CallFailed | None:
        """Ask for something harmless: an identity without any Exchange role is told so, the list only is empty."""
        if self._channel.spec.service == "scc" or self._wanted.before_probe is None:
            return None
        request = self._request({}, cmdlet_name=_PROBE)
        announce = partial(self._wanted.before_probe, _PROBE, request.headers["client-request-id"])
        url = self._channel.url(f"/adminapi/beta/{self._channel.spec.tenant_id}/InvokeCommand?$select=Name")
        try:
            reply = self._channel.send(request, url, before_send=announce)
            if not httpx.codes.is_success(reply.status):
                raise self._channel.refusal(request, reply)
        except CallFailed as failure:
            return failure if failure.explanation in _TELLING else None
        return None
