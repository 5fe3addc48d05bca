"""What a first visit to a page weighs, compressed, and whom it asks."""

import gzip
import re
from html import unescape

from django.contrib.staticfiles import finders
from django.test import Client

ALLOWED_KB = 150
_LINKED = re.compile(r"<(?:link|script|img|use|source)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
PAGES = ("/", "/organizations/", "/runs/", "/cmdlets/Set-Mailbox/launch/")


def main(browser: Client) -> None:
    """Print the weight of first visits and the number of requests to other hosts."""
    for page in PAGES:
        html = browser.get(page).content
        linked = {unescape(url) for url in _LINKED.findall(html.decode())}
        files = sorted(url for url in linked if url.startswith("/static/"))
        external = [url for url in linked if re.match(r"(https?:)?//", url)]
        weight = _compressed(html) + sum(_compressed(_file(url)) for url in files)
        print(
            f"  first visit to {page}: {weight / 1000:.0f} kB compressed (at most {ALLOWED_KB}) in {len(files) + 1} "
            f"requests, {len(external)} external requests"
        )


def _file(url: str) -> bytes:
    path = finders.find(url.removeprefix("/static/").partition("?")[0])
    assert isinstance(path, str), url
    with open(path, "rb") as file:
        return file.read()


def _compressed(content: bytes) -> int:
    return len(gzip.compress(content, 6))
