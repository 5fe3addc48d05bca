"""A page of another site makes a signed-in browser change nothing, and looking at things changes nothing either."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from tests.e2e.world import browser_of, make_world
from tests.security.routes import counted_writes, paths_of

pytestmark = pytest.mark.django_db

EXEMPT = {"violation-reports"}
"""What browsers send by themselves; it changes nothing but the log."""

READ_AND_RECORDED = {
    "jobs:target-jsonl": "who took a result away",
    "tenants:microsoft-answer": "who came back from Microsoft and was not let in",
}
"""Routes whose GET writes to the audit trail, and why."""

UNSAFE = ("post", "put", "patch", "delete")
FOREIGN = "https://evil.example"


def shapes(token: str) -> dict[str, dict[str, Any]]:
    """Return the ways in which a foreign page can have a request sent, as arguments of a test client."""
    form = "application/x-www-form-urlencoded"
    return {
        "no token": {"data": "a=1", "content_type": form},
        "a wrong token": {"data": f"csrfmiddlewaretoken={'a' * 64}", "content_type": form},
        "a wrong header": {"headers": {"X-CSRFToken": "a" * 64}},
        "a foreign origin": {"headers": {"Origin": FOREIGN, "X-CSRFToken": token}},
        "an opaque origin": {"headers": {"Origin": "null", "X-CSRFToken": token}},
        "an origin that begins like ours": {
            "headers": {"Origin": "https://testserver.evil.example", "X-CSRFToken": token}
        },
        "another scheme": {"headers": {"Origin": "http://testserver", "X-CSRFToken": token}},
        "another port": {"headers": {"Origin": "https://testserver:444", "X-CSRFToken": token}},
        "a foreign referer": {"headers": {"Referer": f"{FOREIGN}/x", "X-CSRFToken": token}},
        "no referer": {"headers": {"X-CSRFToken": token}},
        "plain text": {"data": json.dumps({"a": 1}), "content_type": "text/plain"},
        "JSON": {"data": json.dumps({"csrfmiddlewaretoken": token}), "content_type": "application/json"},
        "a form in parts": {"data": b"--x\r\n\r\n--x--", "content_type": "multipart/form-data; boundary=x"},
    }


def test_no_request_of_another_site_writes() -> None:
    world = make_world(organizations=12)
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies = browser_of(world.administrator).cookies
    token = _get_new_csrf_string()
    browser.cookies[settings.CSRF_COOKIE_NAME] = token
    cells, wrong = 0, []
    for name, path in paths_of(world).items():
        if name in EXEMPT:
            continue
        for method in UNSAFE:
            for shape, how in shapes(token).items():
                with counted_writes() as writes:
                    answer = browser.generic(method.upper(), path, secure=True, **how)
                cells += 1
                if answer.status_code != 403 or writes.statements:
                    wrong.append(f"{method} {name} with {shape}: {answer.status_code} {writes.statements}")
    print(f"\n{cells} requests of another site: {len(wrong)} not refused or writing")
    assert wrong == []


def test_with_the_token_the_same_requests_get_through() -> None:
    world = make_world(organizations=12)
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = browser_of(world.administrator).cookies
    token = _get_new_csrf_string()
    browser.cookies[settings.CSRF_COOKIE_NAME] = token
    headers = {"Origin": "https://testserver", "X-CSRFToken": token}
    assert browser.post("/theme/", {"theme": "dark"}, secure=True, headers=headers).status_code == 303


def test_looking_at_anything_writes_nothing() -> None:
    world = make_world(organizations=12)
    browser = browser_of(world.administrator)
    browser.raise_request_exception = False
    cells, wrong, recorded = 0, [], set()
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "fragment": {"headers": {"HX-Request": "true", "HX-Target": "x"}},
        "with a body's worth in the query": {"query_params": {"reason": "x", "action": "cancel", "_method": "POST"}},
        "with another method named": {"headers": {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}},
    }
    for name, path in paths_of(world).items():
        for method in ("get", "head", "options"):
            for way, how in ways.items():
                with counted_writes() as writes:
                    getattr(browser, method)(path, **how)
                cells += 1
                if not writes.statements:
                    continue
                recorded.add(name)
                if name not in READ_AND_RECORDED or any("audit_event" not in s for s in writes.statements):
                    wrong.append(f"{method} {name} {way}: {writes.statements}")
    print(f"\n{cells} safe requests: {len(wrong)} write; reading is recorded by {sorted(recorded)}")
    assert wrong == []
