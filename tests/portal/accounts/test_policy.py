"""Which role may do what: the whole table."""

import pytest

from portal.accounts.policy import ROLES, Role, roles_with
from portal.core.permissions import Permission

P = Permission
TECHNICIANS = {Role.TECHNICIAN, Role.SENIOR_TECHNICIAN}
WORKERS = TECHNICIANS | {Role.APPROVER, Role.AUDITOR, Role.PARTNER_ADMINISTRATOR}
PARTNER, PLATFORM = Role.PARTNER_ADMINISTRATOR, Role.PLATFORM_ADMINISTRATOR
TABLE = {
    P.AUTHORITY_EXPLAIN: {Role.AUDITOR, PARTNER, PLATFORM},
    P.GRANT_MANAGE: {PLATFORM},
    P.NAMED_SET_MANAGE: {PLATFORM},
    P.ROOT_KEY_ROTATE: {PLATFORM},
    P.PERSON_MANAGE: {PLATFORM},
    P.PERSON_READ: {Role.AUDITOR, PARTNER, PLATFORM},
    P.ROLE_MANAGE: {PLATFORM},
    P.APPROVAL_POLICY_MANAGE: {PLATFORM},
    P.RUN_APPROVE: {Role.APPROVER},
    P.RUN_BREAK_GLASS: {Role.SENIOR_TECHNICIAN, Role.APPROVER},
    P.AUDIT_EVENT_READ: {Role.APPROVER, Role.AUDITOR, PARTNER},
    P.CMDLET_READ: WORKERS,
    P.EXPORT_READ_ALL: {Role.AUDITOR, PARTNER},
    P.GLOBAL_STOP_LIFT: {Role.APPROVER, PARTNER},
    P.GLOBAL_STOP_ORDER: TECHNICIANS | {Role.APPROVER, PARTNER, PLATFORM},
    P.RUN_CANCEL: TECHNICIANS | {Role.APPROVER, PARTNER},
    P.RUN_EXPORT: TECHNICIANS | {Role.AUDITOR, PARTNER},
    P.RUN_LAUNCH: TECHNICIANS | {PARTNER},
    P.RUN_PAUSE: TECHNICIANS | {Role.APPROVER, PARTNER},
    P.RUN_READ: WORKERS,
    P.RUN_RECONCILE: TECHNICIANS | {PARTNER},
    P.APP_REGISTRATION_MANAGE: {PARTNER},
    P.APP_REGISTRATION_READ: {Role.AUDITOR, PARTNER},
    P.CONNECTION_PROFILE_MANAGE: {PARTNER},
    P.ORGANIZATION_ADD: {PARTNER},
    P.ORGANIZATION_GROUP_MANAGE: TECHNICIANS | {PARTNER},
    P.ORGANIZATION_VARIABLE_MANAGE: TECHNICIANS | {PARTNER},
    P.ORGANIZATION_READ: WORKERS,
    P.PARTNER_SYNCHRONIZE: {PARTNER},
}


def test_every_permission_is_in_the_table() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_exactly_these_roles_hold(permission: Permission) -> None:
    assert set(roles_with(permission)) == TABLE[permission]


def test_every_role_says_what_it_is_for() -> None:
    assert set(ROLES) == set(Role)
    assert all(facts.purpose.endswith(".") for facts in ROLES.values())


def test_permissions_are_named_area_resource_action() -> None:
    assert all(len(permission.value.split(":")) == 3 for permission in Permission)
