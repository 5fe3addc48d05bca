"""Authorization codes: ten minutes, once, for one client, address, tenant and PKCE challenge (7.3 item 1)."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from portal.sandbox.applications import Application
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.tokens import encode

LIFETIME_SECONDS = 600
REMEMBERED = 1_000


@dataclass(slots=True)
class AuthorizationCode:
    """What a code stands for. `challenge` is empty if the client sent none; `scope` is what it asked for."""

    application: Application
    redirect_uri: str
    tenant_id: str
    scope: str
    nonce: str
    challenge: str
    challenge_method: str
    signed_in: SignedIn
    issued_at: float
    redeemed: bool = False


class Codes:
    """The codes issued lately."""

    def __init__(self) -> None:
        self._codes: dict[str, AuthorizationCode] = {}

    def issue(self, code: AuthorizationCode) -> str:
        """Keep a code; returns what the client gets."""
        text = f"0.A{secrets.token_urlsafe(48)}"
        self._codes[text] = code
        if len(self._codes) > REMEMBERED:
            self._codes.pop(next(iter(self._codes)))
        return text

    def redeem(self, application: Application, tenant_id: str | None, form: dict[str, str]) -> AuthorizationCode:
        """The code of a token request at a tenant (None: `organizations`), now used. Raises Refused."""
        code = self._codes.get(form.get("code", ""))
        if code is None:
            raise Refused(9002313)
        if code.application is not application:
            raise Refused(70000)
        if code.redeemed:
            raise Refused(54005)
        if time.time() > code.issued_at + LIFETIME_SECONDS:
            raise Refused(70008)
        if tenant_id is not None and code.tenant_id != tenant_id:
            raise Refused(700005)
        if form.get("redirect_uri", "") != code.redirect_uri:
            raise Refused(500112, given=form.get("redirect_uri", ""), expected=code.redirect_uri)
        _check_verifier(code, form.get("code_verifier", ""))
        code.redeemed = True
        return code

    def age(self, seconds: float) -> None:
        """Make every code this much older."""
        for code in self._codes.values():
            code.issued_at -= seconds


def _check_verifier(code: AuthorizationCode, verifier: str) -> None:
    if not code.challenge:
        return
    if not verifier:
        raise Refused(900144, field="code_verifier")
    plain = code.challenge_method == "plain"
    answer = verifier if plain else encode(hashlib.sha256(verifier.encode()).digest())
    if not hmac.compare_digest(answer.encode(), code.challenge.encode()):
        raise Refused(501481)
