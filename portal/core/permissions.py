"""The vocabulary of rights, and the one gate that asks for them."""

from enum import StrEnum


class Permission(StrEnum):
    """Everything that somebody may be allowed to do, as `area:resource:action`."""

    AUTHORITY_EXPLAIN = "accounts:authority:explain"
    GRANT_MANAGE = "accounts:grant:manage"
    NAMED_SET_MANAGE = "accounts:named_set:manage"
    PERSON_MANAGE = "accounts:person:manage"
    PERSON_READ = "accounts:person:read"
    ROLE_MANAGE = "accounts:role:manage"
    AUDIT_EVENT_READ = "audit:event:read"
    ROOT_KEY_ROTATE = "core:root_key:rotate"
    EXPORT_READ_ALL = "exports:export:read_all"
    APPROVAL_POLICY_MANAGE = "jobs:approval_policy:manage"
    CMDLET_READ = "jobs:cmdlet:read"
    GLOBAL_STOP_LIFT = "jobs:global_stop:lift"
    GLOBAL_STOP_ORDER = "jobs:global_stop:order"
    RUN_APPROVE = "jobs:run:approve"
    RUN_BREAK_GLASS = "jobs:run:break_glass"
    RUN_CANCEL = "jobs:run:cancel"
    RUN_EXPORT = "jobs:run:export"
    RUN_LAUNCH = "jobs:run:launch"
    RUN_PAUSE = "jobs:run:pause"
    RUN_READ = "jobs:run:read"
    RUN_RECONCILE = "jobs:run:reconcile"
    APP_REGISTRATION_MANAGE = "tenants:app_registration:manage"
    APP_REGISTRATION_READ = "tenants:app_registration:read"
    CONNECTION_PROFILE_MANAGE = "tenants:connection_profile:manage"
    ORGANIZATION_ADD = "tenants:organization:add"
    ORGANIZATION_GROUP_MANAGE = "tenants:organization_group:manage"
    ORGANIZATION_VARIABLE_MANAGE = "tenants:organization_variable:manage"
    ORGANIZATION_READ = "tenants:organization:read"
    PARTNER_SYNCHRONIZE = "tenants:partner:synchronize"


DECIDED_PER_PLACE = frozenset(
    {
        Permission.AUDIT_EVENT_READ,
        Permission.CMDLET_READ,
        Permission.ORGANIZATION_READ,
        Permission.ORGANIZATION_VARIABLE_MANAGE,
        Permission.RUN_APPROVE,
        Permission.RUN_BREAK_GLASS,
        Permission.RUN_CANCEL,
        Permission.RUN_LAUNCH,
        Permission.RUN_PAUSE,
        Permission.RUN_READ,
        Permission.RUN_RECONCILE,
    }
)
"""What a grant over a part can give: what uses these asks where as well. All others need one over everything."""


class PermissionRefused(Exception):
    """The actor lacks a permission, or lacks it there; the message says which rule decided and the way out.

    `rule` is the value of a `portal.core.authority.Rule`.
    """

    def __init__(self, label: str, permission: Permission, why: str = "", rule: str = "permission.missing") -> None:
        self.permission = permission
        self.rule = rule
        super().__init__(why or _missing(label, permission))


class StepUpRequired(Exception):
    """A person must prove again who they are before this; nothing was changed."""

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} must confirm with a second factor before this. Nothing was changed.")


def _missing(label: str, permission: Permission) -> str:
    return (
        f"{label} may not do this: the permission “{permission.value}” is missing. "
        "Ask an administrator for a role that holds it."
    )
