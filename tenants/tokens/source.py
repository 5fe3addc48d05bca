"""What all token sources do alike: cache, ask once at a time, check, explain."""

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from tenants.microsoft.environments import Environment
from tenants.tokens.access_token import AccessToken
from tenants.tokens.applications import Application, AskMsal, MsalApplications
from tenants.tokens.failures import TokenFailure, from_answer, from_exception
from tenants.tokens.guards import check_token

# As a claims challenge: "a new token, with no particular claims". msal then looks past what it has cached.
NEW_TOKEN = "{}"  # noqa: S105 - JSON, not a secret


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class _Slot:
    """The place of one token; whoever holds the lock is the only one asking for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: AccessToken | None = None
        self.failure: TokenFailure | None = None
        self.answers = 0
        self.claims: str | None = None  # what the last answer was asked for


class TokenSource(ABC):
    """Tokens of one identity in many organizations. Safe for threads.

    Per organization and scope one token is kept and at most one request is under way; the others wait for its answer.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        permission: str,
        clock: Callable[[], datetime] = utc_now,
        capacity: int = 10_000,
    ) -> None:
        self._environment = environment
        self._permission = permission
        self._clock = clock
        self._capacity = capacity
        self._lock = threading.Lock()
        self._slots: OrderedDict[tuple[str, str], _Slot] = OrderedDict()

    def acquire(self, organization_tenant_id: str, scope: str, *, claims: str | None = None) -> AccessToken:
        """Return a checked token for the organization and scope that lasts at least two minutes.

        `claims` is the JSON of a claims challenge and always fetches a new token, as `NEW_TOKEN` does without asking
        for any claim. Raises `TokenFailure`.
        """
        tenant_id = organization_tenant_id.lower()
        slot = self._slot(tenant_id, scope)
        answers = slot.answers
        with slot.lock:
            answered_meanwhile = slot.answers != answers
            if slot.failure and answered_meanwhile:  # who waited for the answer shares it, good or bad
                raise slot.failure.with_traceback(None)
            meets = claims is None or (answered_meanwhile and claims in (NEW_TOKEN, slot.claims))
            if slot.token and meets and slot.token.is_fresh(self._clock()):
                return slot.token
            return self._fill(slot, tenant_id, scope, claims)

    def forget(self, organization_tenant_id: str) -> None:
        """Drop every token of the organization, for instance after a consent: old ones lack the new permissions."""
        with self._lock:
            for key in [key for key in self._slots if key[0] == organization_tenant_id.lower()]:
                del self._slots[key]

    @abstractmethod
    def _fetch(self, tenant_id: str, scope: str, claims: str | None) -> AccessToken:
        """Return a new token, unchecked; raises `TokenFailure`."""

    def _fill(self, slot: _Slot, tenant_id: str, scope: str, claims: str | None) -> AccessToken:
        slot.token, slot.failure, slot.claims = None, None, claims
        try:
            slot.token = self._checked(self._fetch(tenant_id, scope, claims), tenant_id, scope)
        except TokenFailure as failure:
            slot.failure = failure
            raise
        finally:
            slot.answers += 1
        return slot.token

    def _checked(self, token: AccessToken, tenant_id: str, scope: str) -> AccessToken:
        permission = self._permission if scope == self._environment.exchange_scope else None
        check_token(token, tenant_id=tenant_id, scope=scope, now=self._clock(), permission=permission)
        return token

    def _slot(self, tenant_id: str, scope: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault((tenant_id, scope), _Slot())
            self._slots.move_to_end((tenant_id, scope))
            while len(self._slots) > self._capacity:
                self._slots.popitem(last=False)
            return slot


class ApplicationTokens(TokenSource):
    """Tokens that an application asks the login host for, with msal."""

    def __init__(
        self,
        environment: Environment,
        application: Application,
        applications: MsalApplications,
        *,
        permission: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(environment, permission=permission, clock=clock)
        self._application = application
        self._applications = applications

    def forget(self, organization_tenant_id: str) -> None:
        """Drop every token of the organization, and what msal remembers of it."""
        super().forget(organization_tenant_id)
        self._applications.discard(self._environment, organization_tenant_id.lower(), self._application)

    @abstractmethod
    def _prepare(self, scope: str, claims: str | None) -> AskMsal:
        """Return what asks a msal object for a new token; called only when one is needed."""

    @abstractmethod
    def _keep(self, answer: Mapping[str, object]) -> None:
        """Look for what is to be kept in a successful answer of the login host."""

    def _fetch(self, tenant_id: str, scope: str, claims: str | None) -> AccessToken:
        ask, http = self._prepare(scope, claims), self._applications.http
        try:
            answer = ask(self._applications.get(self._environment, tenant_id, self._application))
            expires_at = self._clock() + timedelta(seconds=float(str(answer.get("expires_in") or 0)))
        except Exception as error:  # msal raises ValueError, KeyError, RuntimeError and errors of its HTTP client
            self._applications.discard(self._environment, tenant_id, self._application)
            raise from_exception(error, http) from error
        if "access_token" not in answer:
            self._applications.discard(self._environment, tenant_id, self._application)
            raise from_answer(answer, http)
        self._keep(answer)
        return AccessToken.parse(str(answer["access_token"]), expires_at=expires_at)
