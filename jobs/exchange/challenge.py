"""Claims challenges of continuous access evaluation (exchange-protocol.md 2.6)."""

import base64
import json
import re
from collections.abc import Mapping

_CLAIMS = re.compile(r'\bclaims="([^"]+)"')


def claims_of(headers: Mapping[str, str]) -> str | None:
    """Return the JSON of the challenge in `WWW-Authenticate`, or None if there is none that can be read."""
    authenticate = next((value for name, value in headers.items() if name.lower() == "www-authenticate"), "")
    found = _CLAIMS.search(authenticate)
    if not found:
        return None
    text = found[1].translate(str.maketrans("+/", "-_"))
    try:
        claims = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return claims if isinstance(json.loads(claims), dict) else None
    except (ValueError, RecursionError):
        return None
