"""Every address of these pages x every role: the status that each gets."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.policy import Role
from tenants.sync.models import Synchronization
from tests.factories import (
    make_app_registration,
    make_connection,
    make_group,
    make_organizations,
    make_person,
    make_run,
)

pytestmark = pytest.mark.django_db

T, P, U, A = Role.SENIOR_TECHNICIAN, Role.APPROVER, Role.AUDITOR, Role.PARTNER_ADMINISTRATOR
EVERYBODY = {T, P, U, A}
ANYBODY = {T, P, U, A, None}
READS: dict[str, set[Role] | set[Role | None]] = {
    "tenants:organizations": EVERYBODY,
    "tenants:groups": EVERYBODY,
    "tenants:app-registrations": {U, A},
    "tenants:partner-connect": {A},
    "jobs:connections": EVERYBODY,
    "jobs:failures": EVERYBODY,
    "jobs:unknown-outcomes": EVERYBODY,
    "tenants:organization-add": {A},
    "audit:events": {P, U, A},
    "exports:list": ANYBODY,
}
READS_OF_ONE = {
    "tenants:organization": ("organization", EVERYBODY),
    "tenants:synchronization": ("synchronization", EVERYBODY),
    "tenants:group": ("group", EVERYBODY),
    "tenants:group-delete": ("group", {T, A}),
    "tenants:app-registration": ("app_registration", {U, A}),
    "tenants:app-registration-add": ("partner", {A}),
    "tenants:partner-sign-in": ("partner", {A}),
    "tenants:partner-target": ("partner", {A}),
    "tenants:certificate-remove": ("certificate", {A}),
    "tenants:certificate-cer": ("certificate", {U, A}),
    "tenants:certificate-pem": ("certificate", {U, A}),
    "jobs:connection": ("connection", EVERYBODY),
    "audit:event": (None, {P, U, A}),
}
CHANGES = {
    "tenants:synchronization-start": (None, {A}),
    "tenants:groups": (None, {T, A}),
    "tenants:group-remove-members": ("group", {T, A}),
    "tenants:group-delete": ("group", {T, A}),
    "tenants:app-registration": ("app_registration", {A}),
    "tenants:partner-connect": (None, {A}),
    "tenants:app-registration-add": ("partner", {A}),
    "tenants:partner-sign-in": ("partner", {A}),
    "tenants:certificate-remove": ("certificate", {A}),
}


@pytest.fixture
def things() -> dict[str, str]:
    app_registration = make_app_registration()
    organization = make_organizations(1, partner=app_registration.partner)[0]
    made = {
        "organization": organization,
        "group": make_group("Gold", [organization]),
        "app_registration": app_registration,
        "partner": app_registration.partner,
        "certificate": app_registration.certificates.get(),
        "connection": make_connection(make_run(organizations=[organization]).targets.get()),
        "synchronization": Synchronization.objects.create(partner=app_registration.partner, requested_by="test"),
    }
    return {name: str(thing.pk) for name, thing in made.items()}


@pytest.mark.parametrize("role", [T, P, U, A, None])
def test_reading(signed_in: Callable[[User], Client], things: dict[str, str], role: Role | None) -> None:
    client = signed_in(make_person(role))
    wanted = {reverse(name): allowed for name, allowed in READS.items()}
    for name, (thing, allowed) in READS_OF_ONE.items():
        if thing:
            wanted[reverse(name, args=[things[thing]])] = allowed
    got = {path: client.get(path).status_code for path in wanted}
    assert got == {path: 200 if role in allowed else 403 for path, allowed in wanted.items()}


@pytest.mark.parametrize(("role", "status"), [(T, 302), (P, 302), (U, 302), (A, 302), (None, 403)])
def test_a_fragment_leads_those_who_may_read_it_to_its_page(
    signed_in: Callable[[User], Client], role: Role | None, status: int
) -> None:
    path, client = reverse("jobs:connections-open"), signed_in(make_person(role))
    assert client.get(path).status_code == status
    assert client.get(path, headers={"HX-Request": "true"}).status_code == (200 if role else 403)


@pytest.mark.parametrize("role", [T, P, U, A, None])
def test_what_does_not_exist_is_not_found_by_those_who_may_look(
    signed_in: Callable[[User], Client], role: Role | None
) -> None:
    client = signed_in(make_person(role))
    wanted = {reverse(name, args=[uuid4()]): allowed for name, (_, allowed) in READS_OF_ONE.items()}
    got = {path: client.get(path).status_code for path in wanted}
    assert got == {path: 404 if role in allowed else 403 for path, allowed in wanted.items()}


@pytest.mark.parametrize(("name", "thing", "allowed"), [(name, *rest) for name, rest in CHANGES.items()])
@pytest.mark.parametrize("role", [T, P, U, A, None])
def test_changing(
    signed_in: Callable[[User], Client],
    things: dict[str, str],
    role: Role | None,
    name: str,
    thing: str | None,
    allowed: set[Role],
) -> None:
    path = reverse(name, args=[things[thing]] if thing else [])
    answer = signed_in(make_person(role)).post(path, {"name": "New"} if name == "tenants:groups" else {})
    assert (answer.status_code != 403) == (role in allowed)
    if role in allowed:
        assert answer.status_code in {303, 422}


@pytest.mark.parametrize("role", [T, P, U, A, None])
def test_putting_organizations_into_a_group(
    signed_in: Callable[[User], Client], things: dict[str, str], role: Role | None
) -> None:
    chosen = {"action": "group", "group": things["group"], "organization": things["organization"]}
    answer = signed_in(make_person(role)).post(reverse("tenants:organizations-selected"), chosen)
    assert answer.status_code == (303 if role in {T, A} else 403)


def test_a_refusal_says_which_permission_is_missing(signed_in: Callable[[User], Client], technician: User) -> None:
    answer = signed_in(technician).get(reverse("audit:events"))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "the permission “audit:event:read” is missing" in page
    assert "What to do:" in page
