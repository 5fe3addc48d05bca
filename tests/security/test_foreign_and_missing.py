"""What lies outside one's scope and what there is not cannot be told apart: by status, body, headers or time."""

import re
import time
from statistics import median
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from portal.accounts.policy import Role
from tests.conventions.test_conventions import routes
from tests.e2e.world import World, browser_of, make_world
from tests.factories import grant, make_group, make_organizations, make_person
from tests.security.authorization import LINES, OPEN

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
TIMES = 300
TIMED = ("tenants:organization", "jobs:run", "jobs:target", "jobs:approval", "tenants:group")
_TOKEN = re.compile(r"[A-Za-z0-9]{64}")


@pytest.fixture
def world() -> World:
    return make_world(organizations=12)


@pytest.fixture
def stranger(world: World) -> Client:
    """The browser of a technician of another group."""
    person = make_person(None)
    grant(person, Role.SENIOR_TECHNICIAN, over=make_group("Far", make_organizations(1)))
    return browser_of(person)


def pairs(world: World) -> list[tuple[str, str, str, str]]:
    """Return, of each route that names an object by a UUID, the address of a foreign one and of a missing one."""
    found = []
    for name, dummies in routes(get_resolver()):
        known = {**world.arguments, **world.arguments.get(name, {})}
        named = [part for part in dummies if isinstance(known.get(part), UUID)]
        if name in OPEN or not named or "F" in (LINES[name][0] or "") + (LINES[name][1] or ""):
            continue
        there = {part: known.get(part, dummies[part]) for part in dummies}
        gone = there | {part: uuid4() for part in named}
        method = "get" if LINES[name][0] is not None else "post"
        found.append((name, method, reverse(name, kwargs=there), reverse(name, kwargs=gone)))
    return found


def told(answer: HttpResponse, path: str) -> tuple[int, str, dict[str, str]]:
    """Return all that a browser learns, without the address that it asked for and tokens that differ each time."""
    body = answer.content.decode()
    for part in (path, *re.findall(r"[0-9a-f-]{36}", path)):
        body = body.replace(part, "HERE")
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Set-Cookie")}
    return answer.status_code, _TOKEN.sub("TOKEN", body), headers


def test_a_foreign_object_answers_exactly_as_one_that_there_is_not(world: World, stranger: Client) -> None:
    different = []
    asked = pairs(world)
    for name, method, there, gone in asked:
        one = told(getattr(stranger, method)(there), there)
        other = told(getattr(stranger, method)(gone), gone)
        if one != other:
            different.append(f"{method} {name}: {one[0]} and {other[0]}")
    print(f"\n{len(asked)} routes with an object: {len(different)} tell a foreign one from a missing one")
    assert not different, "\n".join(different)
    assert len(asked) > 40


def test_the_time_that_the_answer_takes_tells_nothing(world: World, stranger: Client) -> None:
    by_name = {name: (there, gone) for name, method, there, gone in pairs(world) if method == "get"}
    for name in TIMED:
        there, gone = by_name[name]
        also_gone = re.sub(r"[0-9a-f-]{36}", str(uuid4()), gone, count=1)
        times: dict[str, list[float]] = {there: [], gone: [], also_gone: []}
        for _ in range(TIMES // len(TIMED)):
            for path in times:
                began = time.perf_counter()
                stranger.get(path)
                times[path].append(time.perf_counter() - began)
        foreign, missing, noise = (median(each) * 1000 for each in times.values())
        print(
            f"{name}: foreign {foreign:.2f} ms, missing {missing:.2f} ms: {foreign - missing:+.2f} ms, "
            f"where two missing ones differ by {missing - noise:+.2f} ms"
        )
