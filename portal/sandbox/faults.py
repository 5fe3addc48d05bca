"""Fault injection: rules that match requests and actions that go wrong on purpose (exchange-protocol.md 7.4)."""

import base64
import random
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

from portal.sandbox.errors import nul_403
from portal.sandbox.http import Json, Response

BEFORE = frozenset(
    {"status", "nul403", "reset_before_execute", "claims_challenge", "stale_role", "throttled", "html", "hold"}
)
AFTER = frozenset({"execute_then_reset", "execute_then_504", "execute_then_timeout", "truncate_body", "bad_gzip"})
INSIDE = frozenset({"delay", "drop_batch_id", "expire_cursor", "flip_backend", "revoke_rt"})
ACTIONS = BEFORE | AFTER | INSIDE
MATCHES = frozenset({"service", "host", "path", "method", "cmdlet", "tenant", "nth", "probability", "times"})


@dataclass(frozen=True, slots=True)
class Call:
    """What a rule can look at; `tenant` holds the tenant id."""

    service: str
    host: str
    path: str
    method: str
    cmdlet: str
    tenant: str


@dataclass(slots=True)
class Rule:
    """One rule: when it applies, and what then happens."""

    id: int
    match: Json
    action: Json
    created_at: float = field(default_factory=time.time)
    seen: int = 0
    applied: int = 0

    @property
    def type(self) -> str:
        """Name of the action."""
        return str(self.action["type"])

    def describe(self) -> Json:
        """The rule as the control endpoint shows it."""
        return {
            "id": self.id,
            "match": self.match,
            "action": self.action,
            "seen": self.seen,
            "applied": self.applied,
        }


class Faults:
    """The rules in force, in order; the first that matches a request applies."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}:faults")
        self._next = 1
        self.rules: list[Rule] = []

    def add(self, match: Json, action: Json) -> Rule:
        """Add a rule. Raises ValueError for an unknown match member or action."""
        unknown = set(match) - MATCHES
        if unknown:
            raise ValueError(f"Unknown match: {', '.join(sorted(unknown))}.")
        if action.get("type") not in ACTIONS:
            raise ValueError(f"Unknown action: {action.get('type')}. Known: {', '.join(sorted(ACTIONS))}.")
        rule = Rule(self._next, match, action)
        self._next += 1
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove every rule."""
        self.rules.clear()

    def find(self, call: Call) -> Rule | None:
        """The rule that applies to a call, counting it."""
        for rule in self.rules:
            if self._applies(rule, call):
                rule.applied += 1
                return rule
        return None

    def _applies(self, rule: Rule, call: Call) -> bool:
        match = rule.match
        for name in ("service", "host", "path", "method", "cmdlet", "tenant"):
            if name in match and not _fits(str(getattr(call, name)), match[name], partly=name in {"path", "host"}):
                return False
        if "times" in match and rule.applied >= match["times"]:
            return False
        rule.seen += 1
        if "nth" in match:
            nth = match["nth"]
            return rule.seen in nth if isinstance(nth, list) else rule.seen == nth
        return "probability" not in match or self._random.random() < match["probability"]


def _fits(actual: str, wanted: Any, *, partly: bool) -> bool:
    if isinstance(wanted, list):
        return any(_fits(actual, one, partly=partly) for one in wanted)
    pattern = str(wanted).lower()
    return fnmatchcase(actual.lower(), f"*{pattern}*" if partly else pattern)


def answer_before(rule: Rule, claims: Json | None) -> Response | None:
    """The answer of a rule that acts instead of the service; `None` if the request goes on."""
    action = rule.action
    kind = rule.type
    if kind == "status":
        return _status(action)
    if kind == "throttled":
        return Response(429, b"", [("retry-after", str(action.get("retry_after", 20)))])
    if kind == "nul403":
        return nul_403()
    if kind == "html":
        text = action.get("body", "<html><head><title>Service unavailable</title></head><body>Proxy</body></html>")
        return Response(int(action.get("status", 200)), str(text).encode(), [("content-type", "text/html")])
    if kind == "reset_before_execute":
        return Response(0, cut="reset")
    if kind == "hold":
        return Response(0, cut="hold")
    if kind == "claims_challenge":
        return _claims_challenge(rule, claims)
    if kind == "stale_role":
        # Roles are frozen into a token when it is issued: tokens older than the rule lack the role (F29).
        return nul_403() if claims is None or claims.get("iat", 0) < int(rule.created_at) + 1 else None
    return None


def answer_after(rule: Rule, response: Response) -> Response:
    """What the client gets of an answer after the call was executed."""
    kind = rule.type
    if kind == "execute_then_reset":
        return Response(0, cut="reset")
    if kind == "execute_then_timeout":
        return Response(0, cut="hold")
    if kind == "execute_then_504":
        return Response(504, b"<html><body>504 Gateway Time-out</body></html>", [("content-type", "text/html")])
    if kind == "truncate_body":
        return Response(response.status, response.body, response.headers, cut="truncate")
    if kind == "bad_gzip":
        return Response(response.status, response.body, [*response.headers, ("content-encoding", "gzip")])
    return response


def _status(action: Json) -> Response:
    body = action.get("body", "")
    headers = [(str(name).lower(), str(value)) for name, value in action.get("headers", {}).items()]
    if isinstance(body, str):
        return Response(int(action["code"]), body.encode(), headers or [("content-type", "text/plain")])
    return Response(int(action["code"]), orjson.dumps(body), [("content-type", "application/json"), *headers])


def _claims_challenge(rule: Rule, claims: Json | None) -> Response | None:
    since = int(rule.created_at)
    held = str((claims or {}).get("xms_challenge", ""))
    if held.isdigit() and int(held) >= since:
        return None
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(since)}}}
    encoded = base64.urlsafe_b64encode(orjson.dumps(wanted)).decode()
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'error="insufficient_claims", claims="{encoded}"'
    )
    return Response(401, b"", [("www-authenticate", challenge)])
