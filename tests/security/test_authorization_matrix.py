"""Every route, by every method, for nine principals, on objects of one's own, foreign and missing: as written down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from portal.accounts.models import User
from portal.accounts.policy import Role
from tests.conventions.test_conventions import routes
from tests.e2e.world import World, browser_of, make_world
from tests.factories import grant, make_group, make_organizations, make_person
from tests.security.authorization import LINES, OPEN

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
READS = ("get", "head")
STRANGE = ("put", "patch", "delete", "options", "trace", "brew")
REFUSED = (403, 404)
TO_SIGN_IN = "/sign-in/"


@dataclass(frozen=True)
class Cast:
    """The browsers of the principals, by letter; `nobody` has no session, and the one of `disabled` was ended."""

    world: World
    by_letter: Mapping[str, Client]
    nobody: Client
    disabled: Client


@pytest.fixture
def cast() -> Cast:
    world = make_world(organizations=12)
    near, far = make_person(None), make_person(None)
    grant(near, Role.TECHNICIAN, over=make_group("Near", world.organizations))
    grant(far, Role.TECHNICIAN, over=make_group("Far", make_organizations(1)))
    people = {
        "T": near,
        "S": make_person(Role.SENIOR_TECHNICIAN),
        "A": make_person(Role.APPROVER),
        "U": make_person(Role.AUDITOR),
        "P": make_person(Role.PARTNER_ADMINISTRATOR),
        "L": make_person(Role.PLATFORM_ADMINISTRATOR),
        "R": make_person(None),
        "F": far,
    }
    browsers = {letter: browser_of(person) for letter, person in people.items()}
    gone = make_person(Role.SENIOR_TECHNICIAN)
    disabled = browser_of(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for browser in (*browsers.values(), disabled):
        browser.raise_request_exception = False
    return Cast(world, browsers, Client(), disabled)


def paths(world: World, *, missing: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Yield each route with its address, and whether it names an object; `missing` ones name one that there is not."""
    for name, dummies in routes(get_resolver()):
        known: dict[str, Any] = {**world.arguments, **world.arguments.get(name, {})}
        if missing:
            known = {part: uuid4() if isinstance(known.get(part), type(uuid4())) else dummies[part] for part in dummies}
        yield name, reverse(name, kwargs={part: known.get(part, dummies[part]) for part in dummies}), bool(dummies)


def status(browser: Client, method: str, path: str) -> tuple[int, str]:
    """Ask, take back what it changed, and return the status and where it leads."""
    with transaction.atomic():
        answer = browser.generic(method.upper(), path)
        transaction.set_rollback(True)
    return answer.status_code, answer.headers.get("Location", "")


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    names = {name for name, _ in routes(get_resolver())}
    new = sorted(names - LINES.keys() - OPEN)
    assert not new, f"Say in tests/security/authorization.py who is let in on: {', '.join(new)}"
    assert not sorted((LINES.keys() | OPEN) - names), "These routes are gone: take their lines away"


def test_everybody_is_let_in_where_it_is_written_and_nowhere_else(cast: Cast) -> None:
    cells, unexpected = 0, []
    for name, path, _ in paths(cast.world):
        if name in OPEN or name == "accounts:sign-out":
            continue
        get, post = LINES[name]
        for letter, browser in cast.by_letter.items():
            for method, who in (*((each, get) for each in READS), ("post", post)):
                cells += 1
                found, _ = status(browser, method, path)
                if not _is_as_written(found, who, letter) and not (method == "head" and found == 405):
                    unexpected.append(f"{method} {name} as {letter}: {found}")
            for method in STRANGE:
                cells += 1
                found, _ = status(browser, method, path)
                if found < 400 and not (method == "options" and name == "styleguide"):
                    unexpected.append(f"{method} {name} as {letter}: {found}")
        for who, browser in (("anonymous", cast.nobody), ("disabled", cast.disabled)):
            for method in (*READS, "post", *STRANGE):
                cells += 1
                found, location = status(browser, method, path)
                if not (found == 302 and location.startswith(TO_SIGN_IN)):
                    unexpected.append(f"{method} {name} {who}: {found} {location}")
    print(f"\n{cells} cells of the authorization matrix: {len(unexpected)} unexpected")
    assert not unexpected, "\n".join(unexpected)


def test_what_there_is_not_is_found_by_nobody(cast: Cast) -> None:
    cells, unexpected = 0, []
    for name, path, has_object in paths(cast.world, missing=True):
        if name in OPEN or not has_object or LINES[name][0] is None:
            continue
        for letter, browser in cast.by_letter.items():
            cells += 1
            found, _ = status(browser, "get", path)
            if found not in REFUSED:
                unexpected.append(f"get {name} as {letter}: {found}")
    print(f"\n{cells} cells of objects that are missing: {len(unexpected)} unexpected")
    assert not unexpected, "\n".join(unexpected)


def _is_as_written(found: int, who: str | None, letter: str) -> bool:
    if who is None:
        return found in (405, *REFUSED)
    return found < 500 and found not in (*REFUSED, 405) if letter in who else found in REFUSED
