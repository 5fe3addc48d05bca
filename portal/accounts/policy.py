"""Which role holds which permissions."""

from django.db.models import TextChoices

from portal.core.permissions import Permission

READ_ALL = frozenset(
    {
        Permission.CMDLET_READ,
        Permission.ORGANIZATION_READ,
        Permission.RUN_READ,
    }
)


class Role(TextChoices):
    """The roles that a person can hold."""

    TECHNICIAN = "technician", "Technician"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.TECHNICIAN: READ_ALL
    | {
        Permission.ORGANIZATION_GROUP_MANAGE,
        Permission.ORGANIZATION_VARIABLE_MANAGE,
        Permission.GLOBAL_STOP_ORDER,
        Permission.RUN_LAUNCH,
        Permission.RUN_CANCEL,
        Permission.RUN_PAUSE,
        Permission.RUN_EXPORT,
        Permission.RUN_RECONCILE,
    },
    Role.APPROVER: READ_ALL
    | {
        Permission.AUDIT_EVENT_READ,
        Permission.GLOBAL_STOP_LIFT,
        Permission.GLOBAL_STOP_ORDER,
        Permission.RUN_CANCEL,
        Permission.RUN_PAUSE,
    },
    Role.AUDITOR: READ_ALL
    | {
        Permission.AUDIT_EVENT_READ,
        Permission.EXPORT_READ_ALL,
        Permission.RUN_EXPORT,
        Permission.APP_REGISTRATION_READ,
    },
    Role.ADMINISTRATOR: frozenset(Permission),
}


def permissions_of(roles: list[str]) -> frozenset[Permission]:
    """Return everything that a person with these roles may do."""
    return frozenset[Permission]().union(*(PERMISSIONS.get(role, frozenset()) for role in roles))
