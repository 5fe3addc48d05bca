"""How the list of groups is narrowed and sorted: there are tens of them, not thousands, so it is done in memory."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import QueryDict

from tenants.groups.selectors import GroupView

KINDS = {"hand": "Picked by hand", "rule": "By rule"}
_KEYS: dict[str, Callable[[GroupView], Any]] = {
    "name": lambda view: view.name.casefold(),
    "size": lambda view: view.size,
    "used": lambda view: view.last_used_at.timestamp() if view.last_used_at else 0,
    "created": lambda view: view.group.created_at,
}


def sorted_groups(groups: Sequence[GroupView], query: QueryDict) -> dict[str, Any]:
    """Return what the list shows of `groups`: those wanted in the wanted order, and what was ignored in the address."""
    text, kind, sort = query.get("q", "").strip(), query.get("kind", ""), query.get("sort") or "name"
    ignored = []
    if kind and kind not in KINDS:
        ignored.append(f"There is no kind of group called “{kind[:60]}”.")
        kind = ""
    if sort.removeprefix("-") not in _KEYS:
        ignored.append(f"Groups cannot be sorted by “{sort[:60]}”.")
        sort = "name"
    wanted = [
        view
        for view in groups
        if all(word in view.name.casefold() for word in text.casefold().split())
        and (not kind or view.group.is_by_rule == (kind == "rule"))
    ]
    wanted.sort(key=_KEYS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return {
        "groups": wanted,
        "text": text,
        "kind": kind,
        "kinds": KINDS.items(),
        "sort": sort,
        "ignored": ignored,
    }
