"""No header of a client says who he is, where he comes from, or what he asks for."""

from itertools import cycle, islice

import pytest
from django.test import Client

from tests.e2e.world import browser_of, make_world
from tests.factories import make_person
from tests.security.routes import paths_of

pytestmark = pytest.mark.django_db

IDENTITIES = (
    *(
        "Remote-User",
        "Remote_User",
        "X-Remote-User",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Preferred-Username",
    ),
    *("X-Auth-Request-User", "X-Auth-Request-Email", "X-WEBAUTH-USER", "X-Authenticated-User", "X-User", "X-Username"),
    *(
        "X-MS-CLIENT-PRINCIPAL-NAME",
        "X-MS-CLIENT-PRINCIPAL-ID",
        "Cf-Access-Authenticated-User-Email",
        "X-Goog-Authenticated-User-Email",
    ),
    *(
        "X-Amzn-Oidc-Identity",
        "Ssl-Client-S-Dn",
        "X-Ssl-Client-Dn",
        "X-Client-Cert",
        "Auth-User",
        "Logon-User",
        "From",
        "X-Original-User",
    ),
)
ELSEWHERE = (
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Script-Name",
    "X-Override-URL",
)
HOSTS = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-HTTP-Host-Override", "Forwarded", "X-Original-Host")
COOKIES = (
    "sessionid=x",
    "sessionid=",
    "sessionid=\x7f",
    'sessionid="',
    "sessionid=a; sessionid=b",
    "__Host-session=x",
    "=;;=",
    "\xff",
)


def test_no_header_makes_an_anonymous_browser_somebody() -> None:
    world = make_world(organizations=12)
    name = world.administrator.username
    browser = Client(raise_request_exception=False)
    cells, wrong = 0, []
    tries = [{header: name} for header in IDENTITIES]
    tries += [
        {"Authorization": value} for value in ("Basic YWRtaW46YWRtaW4=", "Bearer x", "Digest x", "Negotiate x", "")
    ]
    tries += [{"Cookie": cookie} for cookie in COOKIES]
    tries += [{header: "/health/live"} for header in ELSEWHERE] + [
        {header: "127.0.0.1"} for header in ("X-Forwarded-For", "X-Real-IP")
    ]
    for number, (route, path) in enumerate(paths_of(world).items()):
        expected = browser.get(path)
        for headers in (dict.fromkeys(IDENTITIES, name), *islice(cycle(tries), number * 5, number * 5 + 5)):
            answer = Client(raise_request_exception=False).get(path, headers=headers)
            cells += 1
            if (answer.status_code, answer.headers.get("Location")) != (
                expected.status_code,
                expected.headers.get("Location"),
            ):
                wrong.append(f"{route} with {headers}: {answer.status_code}")
    print(f"\n{cells} anonymous requests with foreign headers: {len(wrong)} decided differently")
    assert wrong == []


def test_no_header_makes_a_person_somebody_else() -> None:
    world = make_world(organizations=12)
    browser = browser_of(make_person())
    browser.raise_request_exception = False
    cells, wrong = 0, []
    tries = [{header: world.administrator.username} for header in IDENTITIES] + [
        {header: "/audit/"} for header in ELSEWHERE
    ]
    for number, (route, path) in enumerate(paths_of(world).items()):
        expected = browser.get(path).status_code
        for headers in (dict.fromkeys(IDENTITIES, world.administrator.username), tries[number % len(tries)]):
            cells += 1
            if browser.get(path, headers=headers).status_code != expected:
                wrong.append(f"{route} with {headers}")
    print(f"\n{cells} requests of a person without a role with foreign headers: {len(wrong)} decided differently")
    assert wrong == []


def test_no_page_takes_a_host_from_a_header() -> None:
    browser = browser_of(make_world(organizations=12).administrator)
    for header in HOSTS:
        for path in ("/", "/cmdlets", "/sign-in/", "/audit/", "/no/such"):
            answer = browser.get(path, headers={header: "evil.example"})
            assert "evil.example" not in answer.headers.get("Location", "")
            assert b"evil.example" not in answer.content


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "signalbox.example.evil.example",
        "signalbox.example@evil.example",
        "signalbox.example:x",
        "[::1",
        "",
        "evil.example/signalbox.example",
        "signalbox.example, evil.example",
        "signalbox.example\\evil.example",
    ],
)
def test_a_foreign_host_is_refused(settings: object, host: str) -> None:
    settings.ALLOWED_HOSTS = ["signalbox.example"]  # type: ignore[attr-defined]  # pytest-django's settings
    assert Client().get("/sign-in/", headers={"Host": host}).status_code == 400
