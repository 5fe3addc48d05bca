"""Whatever stands in an address, a page answers; nothing in it is an error of the server."""

import base64
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.runs.states import RunState
from portal.accounts.policy import Role
from tests.factories import make_app_registration, make_group, make_organizations, make_person, make_run

pytestmark = pytest.mark.django_db

QUERIES = 6
"""How many queries each address gets."""

NAMES = [
    *("all", "action", "actor", "by", "category", "cause", "cloud", "cmdlet", "column", "columns", "csp", "cursor"),
    *("day", "default", "draft", "effect", "ends_within", "everybody", "except", "filter", "filter.group"),
    *("filter.q", "find", "format", "from", "group", "is", "job", "last", "listing", "listings", "match", "mine"),
    *("month", "names", "number", "of", "organization", "p.Identity", "p.ResultSize", "page", "parameter", "path"),
    *("period", "person", "places", "q", "reachability", "reason", "relationship", "result", "risk", "run"),
    *("saved", "search", "service", "set", "since", "sort", "state", "states", "tab", "target", "text", "ticket"),
    *("to", "until", "value", "variable", "verb", "where", "whose", "with", "x", "year", "again", "used"),
    *("choose_set", "remarks", "follows", "error_class"),
]
TEXTS = [
    *("", " ", "\0", "a\0b", "%00", "\ud800", "\U0001f4a5", "\u202e", "'", '"', "' OR 1=1 --", "{}", "[]", "%s", "\\"),
    *("-1", "0", "1", "2147483648", "9223372036854775808", "1" * 40, "0000000019999999", "1e999", "nan", "inf", "²"),
    *("0001-01-01", "9999-12-31", "2026-02-30", "0000-00-00", "today", "-name", "name", "all", "on", "yes", "Name"),
    *("contains:Name:x", "greater:Size:9", "equals:@organization:x", "filter:::", "a" * 3000, "a " * 500, "(" * 300),
    *("0.0", "-1.1", "99999999999.9", "0-0", "99999999999999999999-ffffffff", "-99999999999999999-0"),
]
CURSORS: list[Any] = [
    *([None, None], [1], [10**30, 10**30], [float("nan"), float("inf")], [[], {}], ["x", "y"], [True, "1"]),
    *(["9999-12-31T23:59:59-23:59", str(uuid4())], ["0001-01-01T00:00:00+23:59", 7], ["\0", "\ud800"], {"a": 1}),
]


def routes(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield every address with the kinds of its parts, such as `runs/{}/` with `UUIDConverter`."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            kinds = [type(converter).__name__ for converter in each.pattern.converters.values()]
            yield re.sub(r"<[^>]*>", "{}", route), kinds


@pytest.fixture
def things() -> list[str]:
    app_registration = make_app_registration()
    organizations = make_organizations(3, partner=app_registration.partner)
    ended = make_run(organizations=organizations, rows=[{"Name": "x", "Size": 7, "When": "2026-03-31T00:00:00"}])
    going = make_run(organizations=organizations, state=RunState.RUNNING)
    made = [*organizations, make_group("Gold", organizations), app_registration, ended, going, ended.targets.first()]
    return [str(thing.pk) for thing in made if thing]


@pytest.mark.parametrize("role", [Role.SENIOR_TECHNICIAN, Role.PARTNER_ADMINISTRATOR])
def test_every_page_answers(signed_in: Callable[[Any], Client], things: list[str], role: Role) -> None:
    chance = random.Random(7)
    client = signed_in(make_person(role))
    values = [*TEXTS, *(_encoded(cursor) for cursor in CURSORS), *things, str(uuid4())]
    parts = {
        "UUIDConverter": [*things, str(uuid4())],
        "IntConverter": ["0", "1", "2147483648", "9223372036854775808", "1" * 40],
        "StringConverter": [
            "Get-Mailbox",
            "Set-Mailbox",
            *(text for text in TEXTS if text.strip(". ") and "/" not in text),
        ],
        "SlugConverter": ["a", "1"],
    }
    broken = []
    for route, kinds in routes(get_resolver().url_patterns):
        for _ in range(QUERIES):
            places = [quote(chance.choice(parts[kind]), safe="", errors="replace") for kind in kinds]
            query = [(chance.choice(NAMES), chance.choice(values)) for _ in range(chance.randrange(1, 6))]
            address = f"/{route.format(*places)}?{urlencode(query, errors='replace')}"
            try:
                status = client.get(address).status_code
            except Exception as error:  # noqa: BLE001 - all of them are shown at once
                broken.append(f"{address[:300]}: {error!r}"[:600])
            else:
                if status >= 500 and not route.startswith("health/"):
                    broken.append(f"{address[:300]}: {status}")
    assert broken == []


def _encoded(cursor: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")
