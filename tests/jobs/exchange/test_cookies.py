"""Cookies of an organization: back to who set them, and to nobody else."""

import pytest

from jobs.exchange.cookies import OrganizationCookies

SERVER = "https://outlook.office365.com"


def set_by(url: str, *texts: str) -> OrganizationCookies:
    cookies = OrganizationCookies("tenant")
    cookies.keep(url, [(b"Date", b"x=y"), *((b"Set-Cookie", text.encode()) for text in texts)])
    return cookies


def test_a_cookie_goes_back_to_its_server_with_the_newest_value() -> None:
    cookies = set_by(f"{SERVER}/a", "X-BackEndCookie=one==; path=/; secure; HttpOnly", "other=2")
    cookies.keep(f"{SERVER}/b", [(b"set-cookie", b"other=3")])
    assert cookies.header(f"{SERVER}/c?d") == "X-BackEndCookie=one==; other=3"


@pytest.mark.parametrize(
    "url", ["https://other.office365.com/", "http://outlook.office365.com/", "https://outlook.office365.com:8443/"]
)
def test_no_other_server_gets_it_whatever_domain_it_names(url: str) -> None:
    assert set_by(f"{SERVER}/", "a=b; domain=.office365.com").header(url) == ""


@pytest.mark.parametrize(
    "end", ["Max-Age=0", "max-age=-1", "Expires=Thu, 01-Jan-1970 00:00:00 GMT", "expires=Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_cookie_that_ends_is_forgotten(end: str) -> None:
    cookies = set_by(f"{SERVER}/", "a=b; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "c=d; Max-Age=60")
    assert cookies.header(SERVER) == "a=b; c=d"
    cookies.keep(SERVER, [(b"Set-Cookie", f"a=; {end}".encode())])
    assert cookies.header(SERVER) == "c=d"


@pytest.mark.parametrize("text", ["", ";", "=value", "; Secure"])
def test_what_is_no_cookie_is_passed_over(text: str) -> None:
    assert set_by(SERVER, text).header(SERVER) == ""


def test_closing_forgets_them() -> None:
    cookies = set_by(SERVER, "a=b")
    cookies.clear()
    assert cookies.header(SERVER) == ""
