"""The accounts that are signed in in a browser, in a cookie as Entra keeps them."""

from http.cookies import CookieError, SimpleCookie

from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Request, Response
from portal.sandbox.login.signed_in import REFUSED_STATES, SignedIn

COOKIE = "ESTSAUTHPERSISTENT"
REMEMBERED = 5


def signed_in_here(cloud: Cloud, request: Request) -> list[SignedIn]:
    """The accounts of this browser whose session was not revoked, the latest first."""
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return []
    kept = cloud.tokens.unseal(cookie.value) if cookie else None
    found = []
    for home, object_id, at, tenant, amr in kept or ():
        person = cloud.people.find_by_id(home, object_id)
        if person is not None and at >= person.valid_from and person.state not in REFUSED_STATES:
            found.append(SignedIn(person, tuple(amr), at, tenant))
    return found


def remember(cloud: Cloud, request: Request, response: Response, signed_in: SignedIn) -> Response:
    """Add an account to those of this browser."""
    others = [other for other in signed_in_here(cloud, request) if other.person is not signed_in.person]
    kept = [
        [one.person.home.tenant_id, one.person.object_id, one.at, one.tenant, one.amr]
        for one in [signed_in, *others][:REMEMBERED]
    ]
    text = f"{COOKIE}={cloud.tokens.seal(kept)}; path=/; secure; HttpOnly; SameSite=Lax"
    response.headers.append(("set-cookie", text))
    return response
