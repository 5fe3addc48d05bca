"""Custom roles and named sets: whoever holds them follows every change at once."""

import pytest

from portal.accounts.grants.definitions import (
    delete_custom_role,
    delete_named_set,
    save_custom_role,
    save_named_set,
)
from portal.accounts.grants.models import CustomRole, NamedSet
from portal.accounts.grants.services import GrantRefused, GrantRequest, grant_role
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from portal.core.actors import Actor, Source
from portal.core.permissions import Permission, PermissionRefused
from tests.factories import SYSTEM, make_person

pytestmark = pytest.mark.django_db


def acting(person: User) -> Actor:
    return User.objects.get(pk=person.pk).as_actor(Source.WEB)


def test_who_holds_a_custom_role_follows_its_change() -> None:
    role = save_custom_role(actor=SYSTEM, name="Reader", permissions=[Permission.RUN_READ])
    person = make_person(None)
    grant_role(actor=SYSTEM, person=person, request=GrantRequest(role))
    assert acting(person).permissions == {Permission.RUN_READ}
    save_custom_role(actor=SYSTEM, name="Reader", permissions=[Permission.CMDLET_READ], role_id=role.pk)
    assert acting(person).permissions == {Permission.CMDLET_READ}
    event = AuditEvent.objects.get(action="custom_role.changed")
    assert (event.data["before"]["permissions"], event.data["permissions"]) == (["jobs:run:read"], ["jobs:cmdlet:read"])
    with pytest.raises(GrantRefused, match="its history keeps it"):
        delete_custom_role(actor=SYSTEM, role_id=role.pk)


def test_who_is_limited_to_a_named_set_follows_its_change_and_holds_nothing_once_it_is_gone() -> None:
    named = save_named_set(actor=SYSTEM, name="Mail flow read", cmdlets=["Get-TransportRule"])
    person = make_person(None)
    request = GrantRequest(Role.TECHNICIAN, limits={"named_sets": [named.pk]})
    grant_role(actor=SYSTEM, person=person, request=request)
    save_named_set(actor=SYSTEM, name="Mail flow read", cmdlets=["Get-MessageTrace"], set_id=named.pk)
    assert acting(person).grants[0].limits.cmdlets == frozenset({"get-messagetrace"})
    delete_named_set(actor=SYSTEM, set_id=named.pk)
    assert acting(person).grants[0].limits.cmdlets == frozenset()
    actions = AuditEvent.objects.filter(target_kind="named set").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["named_set.created", "named_set.changed", "named_set.deleted"]


def test_an_unused_role_is_deleted_and_a_taken_or_empty_name_refused() -> None:
    role = save_custom_role(actor=SYSTEM, name="Reader", permissions=[Permission.RUN_READ])
    for name, said in (("reader", "already"), (" ", "name")):
        with pytest.raises(GrantRefused, match=said):
            save_custom_role(actor=SYSTEM, name=name, permissions=[Permission.RUN_READ])
        with pytest.raises(GrantRefused, match=r"at least one permission|already"):
            save_custom_role(actor=SYSTEM, name=name, permissions=[Permission.RUN_READ] if name != " " else [])
    delete_custom_role(actor=SYSTEM, role_id=role.pk)
    assert not CustomRole.objects.exists()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PLATFORM_ADMINISTRATOR}))
def test_only_a_platform_administrator_defines_roles_and_sets(role: Role) -> None:
    actor = acting(make_person(role))
    with pytest.raises(PermissionRefused):
        save_custom_role(actor=actor, name="King", permissions=list(Permission))
    with pytest.raises(PermissionRefused):
        save_named_set(actor=actor, name="All", cmdlets=[])
    assert not CustomRole.objects.exists()
    assert not NamedSet.objects.exists()
