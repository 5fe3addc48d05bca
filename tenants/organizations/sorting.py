"""The orders in which organizations can be listed."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db.models import DateTimeField, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from tenants.organizations.conditions import ended_targets
from tenants.organizations.querysets import OrganizationQuerySet

# An organization without the moment comes last in either direction.
_FAR = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
_LONG_AGO = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
COLUMNS = {"name": "name", "cloud": "environment", "reachability": "reachability", "added": "added_at"}
_MOMENTS: Mapping[str, Callable[[], Combinable | str]] = {
    "ends": lambda: "relationship_ends_at",
    "checked": lambda: "reachability_checked_at",
    "last": lambda: Subquery(ended_targets().values("finished_at")[:1]),
}
SORTS = (*COLUMNS, *_MOMENTS)


def ordered(organizations: OrganizationQuerySet, sort: str) -> tuple[OrganizationQuerySet, str]:
    """Return `organizations` with what the order `sort` needs, and the field to order by.

    `sort` is one of `SORTS`, with `-` before it for the falling order.
    """
    key, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    if key in COLUMNS:
        return organizations, f"{sign}{COLUMNS[key]}"
    absent = Value(_LONG_AGO if sign else _FAR)
    moment = Coalesce(_MOMENTS[key](), absent, output_field=DateTimeField())
    return organizations.annotate(sort_key=moment), f"{sign}sort_key"
