"""Where the objects that events are about have their pages."""

from django.urls import NoReverseMatch, reverse

from portal.audit.models import AuditEvent

_PAGES = {
    "run": "jobs:run",
    "run target": "jobs:target",
    "organization": "tenants:organization",
    "organization group": "tenants:group",
    "app registration": "tenants:app-registration",
    "job": "jobs:job",
    "export": "exports:export",
}


def object_url(event: AuditEvent) -> str:
    """Return the address of the page of what `event` is about; empty where that kind has none."""
    page = _PAGES.get(event.target_kind)
    try:
        return reverse(page, args=[event.target_id]) if page and event.target_id else ""
    except NoReverseMatch:
        return ""
