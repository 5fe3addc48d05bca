"""Every answer of every route carries every header, whatever its status."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, reverse

from portal.accounts.policy import Role
from tests.conventions.test_conventions import routes
from tests.e2e.world import World, browser_of, make_world
from tests.factories import make_person

pytestmark = pytest.mark.django_db

NEEDED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "require-trusted-types-for 'script'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "report-to violations",
)


class Tally:
    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.missing: list[str] = []

    def look(self, what: str, answer: HttpResponseBase, *, kept: bool = False) -> None:
        self.answers[answer.status_code] += 1
        found = answer.headers
        self.missing += [
            f"{what}: {name}" for name, value in NEEDED.items() if not found.get(name, "").startswith(value)
        ]
        policy = found.get("Content-Security-Policy", "")
        self.missing += [f"{what}: {part}" for part in POLICY if part not in policy]
        self.missing += [f"{what}: {word}" for word in ("unsafe", "*", "http:", "https:") if word in policy]
        self.missing += [f"{what}: tells {name}" for name in ("Server", "X-Powered-By") if name in found]
        if not kept and "no-store" not in found.get("Cache-Control", ""):
            self.missing.append(f"{what}: may be kept")
        if answer.streaming:
            b"".join(answer)  # the test client closes the file after that


@pytest.fixture
def _as_in_production(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True


def browsers(world: World) -> Iterator[tuple[str, Client]]:
    yield "anonymous", Client()
    yield "no role", browser_of(make_person())
    yield "auditor", browser_of(make_person(Role.AUDITOR))
    yield "administrator", browser_of(world.administrator)


@pytest.mark.usefixtures("_as_in_production")
def test_no_answer_lacks_a_header(settings: Any) -> None:
    world, tally = make_world(organizations=20), Tally()
    arguments = world.arguments
    for who, browser in browsers(world):
        browser.raise_request_exception = False
        for name, dummies in routes(get_resolver()):
            known = {**dummies, **{k: v for k, v in {**arguments, **arguments.get(name, {})}.items() if k in dummies}}
            if name == "accounts:sign-out":
                continue
            for parts in (known, dummies):
                path = reverse(name, kwargs=parts)
                for method in ("get", "head", "options", "post", "put", "delete"):
                    answer = getattr(browser, method)(path, secure=True)
                    tally.look(f"{who} {method} {name} {answer.status_code}", answer)
                htmx = browser.get(path, secure=True, headers={"HX-Request": "true", "HX-Target": "main"})
                tally.look(f"{who} fragment {name}", htmx)
    special(tally, world, settings)
    total = sum(tally.answers.values())
    print(
        f"\n{total} answers x {len(NEEDED) + len(POLICY) + 7} checks, by status {dict(sorted(tally.answers.items()))}: "
        f"{len(tally.missing)} missing"
    )
    assert tally.missing == []
    assert {200, 301, 302, 400, 403, 404, 405, 413, 429, 500, 503} <= set(tally.answers)


def special(tally: Tally, world: World, settings: Any) -> None:
    """Answers that no route gives by itself: of the middlewares, of files, of what breaks."""
    browser = Client(raise_request_exception=False)
    tally.look("nowhere", browser.get("/no/such/page", secure=True))
    tally.look("robots", browser.get("/robots.txt", secure=True))
    for name in ("css/signalbox.css", "js/trusted-types.js", "img/favicon.svg"):
        assert finders.find(name)
        tally.look(name, browser.get(f"/static/{name}", secure=True), kept=True)
        tally.look(name, browser.get(f"/static/{name}", secure=True, headers={"If-None-Match": "x"}), kept=True)
    tally.look("no file", browser.get("/static/no.css", secure=True))
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    tally.look("no token", strict.post("/sign-in/", secure=True))
    for _ in range(settings.VIOLATION_REPORTS_PER_MINUTE + 2):
        report = browser.post("/violation-reports/", b'{"csp-report": {}}', content_type="x/y", secure=True)
    report = browser.post(
        "/violation-reports/", b'{"csp-report": {"sample": "x"}}', content_type="application/csp-report", secure=True
    )
    for _ in range(settings.VIOLATION_REPORTS_PER_MINUTE):
        report = browser.post(
            "/violation-reports/",
            b'{"csp-report": {"sample": "x"}}',
            content_type="application/csp-report",
            secure=True,
        )
    tally.look("too many", report)
    tally.look("too much", browser.post("/violation-reports/", b"x" * 20_000, content_type="x/y", secure=True))
    allowed, settings.ALLOWED_HOSTS = settings.ALLOWED_HOSTS, ["signalbox.example"]
    tally.look("another host", browser.get("/", secure=True, headers={"Host": "evil.example"}))
    settings.ALLOWED_HOSTS = allowed
    tally.look("without a slash", browser.get("/cmdlets", secure=True))
    signed_in = browser_of(world.administrator)
    signed_in.raise_request_exception = False
    for error in (OperationalError("gone"), RuntimeError("x"), RequestDataTooBig("x")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("portal.dashboard.home.cards_for", lambda *_, error=error, **__: raise_(error))
            tally.look(f"{error!r}", signed_in.get("/", secure=True))


def raise_(error: Exception) -> None:
    raise error
