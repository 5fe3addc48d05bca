"""No address that was sent along leads a browser away from here."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from tests.e2e.world import browser_of, make_world
from tests.factories import code_of, make_app, make_person
from tests.security.routes import paths_of

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
ORIGIN = "https://testserver"
STARTS = (
    *(
        "https://",
        "http://",
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\\/",
        "https:",
        "https:/",
        "https:\\\\",
        "HTTPS://",
    ),
    *(
        "/\t/",
        "/\n/",
        "\t//",
        "\n//",
        " //",
        "\r//",
        "\x00//",
        "/\x00/",
        "\x0b//",
        "\x1f//",
        "\ufeff//",
        "\u3000//",
        "\u00a0//",
    ),
    *(
        "ftp://",
        "//user@",
        "https://testserver@",
        "https://testserver:x@",
        "//testserver@",
        "https://testserver.",
        "//%2f",
        "/%2f",
    ),
    *(
        "/%5c",
        "/%09/",
        "%2f%2f",
        "/./\\",
        "/../\\/",
        "//\u2028",
        "\u2028//",
        "//\uff0f",
        "\uff0f\uff0f",
        "https:\uff0f\uff0f",
        "/;//",
    ),
    *(
        "https:///",
        "https:////",
        "http:\\/\\/",
        "//\\",
        "ws://",
        "blob:https://",
        "view-source:https://",
        "javascript://",
        "data://",
    ),
)
ENDS = ("", "/x", "?x=testserver", "#@testserver", ":443/", "%00.testserver", "\\.testserver")
ODD = (
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "java\tscript:x",
        "https://[::1",
        "https://[",
        "//[",
    ),
    *(
        "http:testserver",
        "https://testserver.evil.example/",
        "https://evil.example\\@testserver/",
        "https://testserver\uff20evil.example/",
    ),
    *(
        "https://\uff45vil.example/",
        "https://evil\u3002example/",
        "https://evil.example%2f@testserver",
        "/" * 3000,
        "https://" + "a" * 3000,
    ),
)
PAYLOADS = [start + EVIL + ENDS[number % len(ENDS)] for number, start in enumerate(STARTS)]
PAYLOADS += [start + EVIL + ENDS[(number + 3) % len(ENDS)] for number, start in enumerate(STARTS)] + list(ODD)
NAMES = (
    "next",
    "back",
    "url",
    "return",
    "return_to",
    "redirect",
    "redirect_uri",
    "to",
    "from",
    "continue",
    "goto",
    "target",
)


def leaves(location: str) -> bool:
    """Whether a browser that was at our origin ends elsewhere, read as browsers read: without tabs, `\\` as `/`."""
    read = "".join(c for c in location.strip(" \x00\x1f\t\n\r\x0b\x0c") if c not in "\t\n\r").replace("\\", "/")
    try:
        parts = urlsplit(urljoin(f"{ORIGIN}/a/", read))
    except ValueError:
        return True
    return parts.scheme != "https" or parts.netloc != "testserver"


def test_every_payload_at_every_parameter_that_redirects_stays_here() -> None:
    world = make_world(organizations=12)
    browser = browser_of(world.administrator)
    browser.raise_request_exception = False
    cells, wrong = 0, []
    for payload in PAYLOADS:
        ways = {
            "theme back": browser.post("/theme/", {"theme": "dark", "back": payload}, secure=True),
            "sign-in next": Client().get("/sign-in/", {"next": payload}, secure=True),
            "signed in already": browser.get("/sign-in/", {"next": payload}, secure=True),
            "referer": browser.post(
                "/saved-filters/", {"page": "runs"}, secure=True, headers={"Referer": "https://testserver/"}
            ),
        }
        for what, answer in ways.items():
            cells += 1
            location = answer.headers.get("Location", "") or answer.headers.get("HX-Redirect", "")
            if location and leaves(location):
                wrong.append(f"{what} {payload!r}: {location!r}")
    print(f"\n{len(PAYLOADS)} payloads, {cells} cells: {len(wrong)} leave")
    assert len(PAYLOADS) >= 100
    assert wrong == []


def test_signing_in_leads_nowhere_else() -> None:
    wrong = []
    for payload in PAYLOADS[::4]:
        person = make_person()
        person.set_password("correct horse battery staple")
        person.save(update_fields=["password"])
        sent = {"username": person.username, "password": "correct horse battery staple", "next": payload}
        browser, seed = Client(), make_app(person)
        browser.post("/sign-in/", sent, secure=True)
        answer = browser.post("/sign-in/second-factor/", {"code": code_of(seed)}, secure=True)
        assert answer.status_code == 303
        location = answer.headers.get("Location", "")
        if location and leaves(location):
            wrong.append(f"{payload!r}: {location!r}")
    assert wrong == []


def test_no_route_redirects_elsewhere_whatever_parameter_is_named() -> None:
    world = make_world(organizations=12)
    browser = browser_of(world.administrator)
    browser.raise_request_exception = False
    cells, wrong = 0, []
    for number, (name, path) in enumerate(paths_of(world).items()):
        if name == "accounts:sign-out":
            continue
        for payload in (
            PAYLOADS[number % len(PAYLOADS)],
            "//evil.example/",
            "https://evil.example/",
            "/\\evil.example",
        ):
            sent = dict.fromkeys(NAMES, payload)
            for answer in (
                browser.get(path, sent, secure=True, headers={"Referer": "https://evil.example/"}),
                browser.post(
                    path, sent, secure=True, headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
                ),
            ):
                cells += 1
                for header in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Refresh"):
                    if header in answer.headers and leaves(answer.headers[header]):
                        wrong.append(f"{name} {payload!r}: {header} {answer.headers[header]!r}")
    print(f"\n{cells} requests with {len(NAMES)} parameters each: {len(wrong)} leave")
    assert wrong == []
