"""Which role may do what: the whole table."""

import pytest

from portal.accounts.policy import PERMISSIONS, Role, permissions_of
from portal.core.permissions import Permission

P = Permission
TABLE = {
    P.AUDIT_EVENT_READ: {Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR},
    P.CMDLET_READ: set(Role),
    P.EXPORT_READ_ALL: {Role.AUDITOR, Role.ADMINISTRATOR},
    P.GLOBAL_STOP_LIFT: {Role.APPROVER, Role.ADMINISTRATOR},
    P.GLOBAL_STOP_ORDER: {Role.TECHNICIAN, Role.APPROVER, Role.ADMINISTRATOR},
    P.RUN_CANCEL: {Role.TECHNICIAN, Role.APPROVER, Role.ADMINISTRATOR},
    P.RUN_EXPORT: {Role.TECHNICIAN, Role.AUDITOR, Role.ADMINISTRATOR},
    P.RUN_LAUNCH: {Role.TECHNICIAN, Role.ADMINISTRATOR},
    P.RUN_PAUSE: {Role.TECHNICIAN, Role.APPROVER, Role.ADMINISTRATOR},
    P.RUN_READ: set(Role),
    P.RUN_RECONCILE: {Role.TECHNICIAN, Role.ADMINISTRATOR},
    P.APP_REGISTRATION_MANAGE: {Role.ADMINISTRATOR},
    P.APP_REGISTRATION_READ: {Role.AUDITOR, Role.ADMINISTRATOR},
    P.CONNECTION_PROFILE_MANAGE: {Role.ADMINISTRATOR},
    P.ORGANIZATION_ADD: {Role.ADMINISTRATOR},
    P.ORGANIZATION_GROUP_MANAGE: {Role.TECHNICIAN, Role.ADMINISTRATOR},
    P.ORGANIZATION_VARIABLE_MANAGE: {Role.TECHNICIAN, Role.ADMINISTRATOR},
    P.ORGANIZATION_READ: set(Role),
    P.PARTNER_SYNCHRONIZE: {Role.ADMINISTRATOR},
}


def test_every_permission_is_in_the_table() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_exactly_these_roles_hold(permission: Permission) -> None:
    assert {role for role in Role if permission in PERMISSIONS[role]} == TABLE[permission]


def test_roles_add_up() -> None:
    both = permissions_of([Role.TECHNICIAN, Role.APPROVER])
    assert both == PERMISSIONS[Role.TECHNICIAN] | PERMISSIONS[Role.APPROVER]


def test_no_role_and_an_unknown_role_may_do_nothing() -> None:
    assert permissions_of([]) == permissions_of(["king"]) == frozenset()


def test_permissions_are_named_area_resource_action() -> None:
    assert all(len(permission.value.split(":")) == 3 for permission in Permission)
