"""However an address is spelled, it is decided as its canonical form is, or leads nowhere."""

from collections import Counter
from urllib.parse import unquote, urlsplit

import pytest
from django.test import Client
from django.test.client import FakePayload
from django.urls import is_valid_path

from portal.accounts.models import User
from tests.e2e.world import browser_of, make_world
from tests.factories import make_person
from tests.security.routes import paths_of

pytestmark = pytest.mark.django_db


def spellings(path: str) -> list[str]:
    """Return other ways to write `path`, as the server hands them on: decoded once."""
    bare, first = path.rstrip("/"), path.lstrip("/").split("/")[0]
    rest = path.lstrip("/")[len(first) :]
    suffixes = (
        *("//", "/.", "/./", "/..;/", "/../", ";", ";/", ";x=1", ";.css", ".json", ".html", ".css", ".js", "/.json"),
        *(
            "%00",
            "\x00",
            "\x00.css",
            "%2f",
            "%2F",
            "%2e",
            "%2e%2e/",
            "%5c",
            "\\",
            "\\..\\",
            " ",
            "/ ",
            "\t",
            "\n",
            "\r\n",
        ),
        *("/index.html", "/index.php", "/x", "/x/..", "?", "#", "/?", "~", "/*", "/%20", "\u2215", "\uff0f", "\u2024"),
        *("/%252f", "%u002f", "/;/", "//..//", "/..%2f", "%0a", "%09", "&", "&x=1", "/%c0%af", "\xc0\xaf"),
    )
    prefixes = (
        *(
            "//",
            "/./",
            "/../",
            "/%2e/",
            "/..;/",
            "/;/",
            "/x/../",
            "/static/../",
            "/health/live/../",
            "/sign-in/../",
            "\\",
        ),
        *(
            "/static/..;/",
            "/%2f",
            "/ ",
            "/\t",
            "http://testserver/",
            "//evil.example/",
            "/index.php/",
            "/en/",
            "/api/../",
        ),
    )
    inner = (
        path.upper(),
        path.title(),
        path.swapcase(),
        bare,
        f"/{first}/.{rest}",
        f"/{first}/{rest}",
        f"/{first}\x00{rest}",
    )
    escaped = (
        "".join(f"%{ord(c):02x}" for c in path),
        path.replace("/", "%2f"),
        path.replace("-", "_"),
        path.replace("e", "%65"),
    )
    wide = (
        "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in path),
        path.replace("i", "\u0131"),
        path + "\u200b",
    )
    made = [bare + suffix for suffix in suffixes] + [prefix + path.lstrip("/") for prefix in prefixes]
    return sorted({*made, *inner, *escaped, *wide} - {path})


def ask(browser: Client, spelled: str) -> tuple[int, str]:
    """Send a request with exactly this path, which a test client would tidy up."""
    path = spelled.encode("utf-8", "surrogateescape").decode("latin-1")
    answer = browser.request(
        PATH_INFO=path, REQUEST_METHOD="GET", QUERY_STRING="", CONTENT_LENGTH="0", **{"wsgi.input": FakePayload(b"")}
    )
    return answer.status_code, answer.headers.get("Location", "")


def may_lead_somewhere(spelled: str) -> bool:
    """Whether the URLconf knows a route for it, or for it with a slash behind."""
    return bool(is_valid_path(spelled) or is_valid_path(f"{spelled}/"))


def is_refused(status: int) -> bool:
    return status in (400, 404)


def only_adds_a_slash(browser: Client, location: str, path: str) -> bool:
    """Whether a redirect stays here and leads to `path`, or to what is refused: it is decided anew there."""
    parts = urlsplit(location)
    return not parts.netloc and (parts.path == path or ask(browser, unquote(parts.path))[0] in (302, 400, 403, 404))


@pytest.mark.parametrize("who", ["anonymous", "without a role"])
def test_no_spelling_gets_further_than_the_canonical_one(who: str) -> None:
    world = make_world(organizations=12)
    person: User | None = None if who == "anonymous" else make_person()
    browser = browser_of(person) if person else Client()
    browser.raise_request_exception = False
    cells: Counter[int] = Counter()
    wrong, number = [], 0
    canonical = {}
    for name, path in paths_of(world).items():
        canonical[path] = ask(browser, path)[0]
        if path == "/":
            continue
        ways = spellings(path)
        number = number or len(ways)
        for spelled in ways:
            # What no route takes is a 404 for everybody, as the anonymous browser finds out address by address.
            status, location = ask(browser, spelled) if person is None or may_lead_somewhere(spelled) else (404, "")
            cells[status] += 1
            same = status == canonical[path] and status != 200
            signs_in = status == 302 and location.startswith("/sign-in/?next=")
            if is_refused(status) or same or signs_in or (status == 301 and only_adds_a_slash(browser, location, path)):
                continue
            if status == 200 and canonical.get(path) == 200 and spelled.rstrip("/") != spelled:
                continue
            wrong.append(f"{name} {spelled!r}: {status} {location} instead of {canonical[path]}")
    print(
        f"\n{who}: {len(canonical)} routes x {number} spellings = {sum(cells.values())} cells {dict(cells)}: "
        f"{len(wrong)} differ"
    )
    assert number >= 60
    assert wrong == []
