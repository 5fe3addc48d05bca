"""The vocabulary of rights, and the one gate that asks for them."""

from enum import StrEnum


class Permission(StrEnum):
    """Everything that somebody may be allowed to do, as `area:resource:action`."""

    AUDIT_EVENT_READ = "audit:event:read"
    EXPORT_READ_ALL = "exports:export:read_all"
    CMDLET_READ = "jobs:cmdlet:read"
    GLOBAL_STOP_LIFT = "jobs:global_stop:lift"
    GLOBAL_STOP_ORDER = "jobs:global_stop:order"
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


class PermissionRefused(Exception):
    """The actor lacks a permission; the message names it and the way to get it."""

    def __init__(self, label: str, permission: Permission) -> None:
        self.permission = permission
        super().__init__(
            f"{label} may not do this: the permission “{permission.value}” is missing. "
            "Ask an administrator for a role that holds it."
        )
