"""What a form does not have cannot be sent with it: every field name of every model, at every route."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from portal.accounts.sessions.models import Session
from tests.e2e.world import browser_of, make_world
from tests.security.routes import paths_of

pytestmark = pytest.mark.django_db

MARK = "mass7"
EVENT = {"audit_event+", "audit_event.data", "audit_event.target_label"}
DECLARED = {
    "accounts:person-disable": EVENT,
    "accounts:saved-filter": {
        "saved_filter.name",
        "saved_filter.is_default",
        "saved_filter.is_shared",
        "saved_filter.saved_at",
    },
    "jobs:approval-emergency": {"approval_request.emergency_at", "approval_request.emergency_reason", *EVENT},
    "jobs:approval-withdraw": {"approval_request.end_reason", *EVENT},
    "jobs:global-stop-order": {"global_stop+", "global_stop.reason", *EVENT},
    "jobs:job": {"job.changed_at", "job.description", "job.name", *EVENT},
    "jobs:launch": {"launch_draft.typed"},
    "tenants:app-registration-add": {"app_registration+", "app_registration.display_name", *EVENT},
    "tenants:grant-revoke": {"role_grant.revoke_reason", *EVENT},
    "tenants:group-remove-members": EVENT,
    "tenants:group-rename": {"organization_group.name", *EVENT},
    "tenants:groups": {"organization_group+", "organization_group.name", *EVENT},
}
"""By route: the columns that what was sent may change, because the form there has them."""

OWN_MODULES = ("portal.", "tenants.", "jobs.")


def field_names() -> list[str]:
    """Every column and relation that a hurried form would bind."""
    names = set()
    for model in apps.get_models():
        if model.__module__.startswith((*OWN_MODULES, "django.contrib.auth", "django.contrib.sessions")):
            for field in model._meta.get_fields():
                names |= {field.name, getattr(field, "attname", field.name)}
    return sorted(names | {"pk", "user", "owner", "tenant", "role", "roles", "is_superuser", "is_staff", "approved_by"})


def value_of(name: str, ids: dict[str, str]) -> str:
    """Return something that a field called so would take."""
    if name in ids or name.endswith("_id") or name in ("id", "pk"):
        return ids.get(name.removesuffix("_id"), str(uuid.UUID(int=7)))
    if name.startswith(("is_", "has_", "may_")):
        return "1"
    if name.endswith("_at"):
        return "2000-01-01T00:00:00Z"
    if name in ("state", "verdict", "outcome", "kind"):
        return "succeeded"
    return MARK


def snapshot() -> dict[str, dict[str, dict[str, Any]]]:
    """Return every row of every table of ours but the sessions, which every request touches, by table and key."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model in set(apps.get_models()) - {Session}:
        if model.__module__.startswith((*OWN_MODULES, "django.contrib.auth")):
            rows = model._base_manager.values()
            found[model._meta.db_table] = {str(row[model._meta.pk.attname]): row for row in rows}
    return found


def changed(before: dict[str, dict[str, dict[str, Any]]], after: dict[str, dict[str, dict[str, Any]]]) -> Iterator[str]:
    """Yield `table.column` for what differs, and `table+` or `table-` for rows that came or went."""
    for table, rows in after.items():
        old = before[table]
        if old.keys() - rows.keys():
            yield f"{table}-"
        for key, row in rows.items():
            if key not in old:
                yield f"{table}+"
                yield from (f"{table}.{name}" for name, value in row.items() if MARK in str(value))
            else:
                yield from (f"{table}.{name}" for name, value in row.items() if value != old[key][name])


def effect_of(browser: Client, path: str, sent: QueryDict, before: dict[str, dict[str, dict[str, Any]]]) -> set[str]:
    """Return what one POST changes, and take it back."""
    with transaction.atomic():
        browser.post(path, sent.urlencode(), content_type="application/x-www-form-urlencoded")
        found = set(changed(before, snapshot()))
        transaction.set_rollback(True)
    return found


def test_no_field_that_a_form_has_not_changes_anything() -> None:
    world = make_world(organizations=12)
    browser = browser_of(world.administrator)
    browser.raise_request_exception = False
    ids = {
        name.removesuffix("_id"): str(value) for name, value in world.arguments.items() if not isinstance(value, dict)
    }
    ids["user"] = ids["owner"] = str(world.administrator.pk)
    names = field_names()
    sent = QueryDict(mutable=True)
    for name in names:
        sent[name] = value_of(name, ids)
    before, routes, wrong = snapshot(), 0, []
    for name, path in paths_of(world).items():
        if browser.options(path).status_code == 404 or name == "accounts:sign-out":
            continue
        without = effect_of(browser, path, QueryDict(), before)
        beyond = effect_of(browser, path, sent, before) - without
        routes += 1
        allowed = DECLARED.get(name, set())
        wrong += [f"{name}: {column}" for column in sorted(beyond - allowed)]
    print(f"\n{len(names)} fields x {routes} routes = {len(names) * routes} cells: {len(wrong)} undeclared changes")
    assert wrong == []
