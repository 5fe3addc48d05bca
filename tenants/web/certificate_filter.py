"""By when certificates expire: the filter of the app registrations."""

from django.http import QueryDict

from tenants.expiry.thresholds import CERTIFICATE_DAYS


def read_expires_within(query: QueryDict) -> tuple[int | None, list[str]]:
    """Return within how many days a certificate shall expire, and what was ignored in the address."""
    ignored = [f"“{key[:60]}” was ignored: this list has no such filter." for key in query if key != "expires_within"]
    text = query.get("expires_within", "")
    if not text:
        return None, ignored
    if text not in map(str, CERTIFICATE_DAYS):
        known = ", ".join(map(str, CERTIFICATE_DAYS))
        return None, [*ignored, f"“{text[:60]}” was ignored: certificates are listed that expire within {known} days."]
    return int(text), ignored
