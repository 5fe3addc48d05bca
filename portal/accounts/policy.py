"""The built-in roles: which permissions each holds, within which limits."""

from dataclasses import dataclass

from django.db.models import TextChoices

from portal.core.authority import NO_LIMITS, Limits
from portal.core.permissions import Permission


class Role(TextChoices):
    """The roles that every installation knows; a custom role is a row of its own."""

    TECHNICIAN = "technician", "Technician"
    SENIOR_TECHNICIAN = "senior_technician", "Senior technician"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    PARTNER_ADMINISTRATOR = "partner_administrator", "Partner administrator"
    PLATFORM_ADMINISTRATOR = "platform_administrator", "Platform administrator"


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What a role permits, its limits, and what it is for, in a sentence."""

    permissions: frozenset[Permission]
    purpose: str
    limits: Limits = NO_LIMITS


READ = frozenset({Permission.CMDLET_READ, Permission.ORGANIZATION_READ, Permission.RUN_READ})
_WORK = READ | {
    Permission.GLOBAL_STOP_ORDER,
    Permission.ORGANIZATION_GROUP_MANAGE,
    Permission.ORGANIZATION_VARIABLE_MANAGE,
    Permission.RUN_CANCEL,
    Permission.RUN_EXPORT,
    Permission.RUN_LAUNCH,
    Permission.RUN_PAUSE,
    Permission.RUN_RECONCILE,
}
_CONNECT = frozenset(each for each in Permission if each.value.startswith("tenants:"))

ROLES: dict[str, RoleFacts] = {
    Role.TECHNICIAN: RoleFacts(
        _WORK,
        "Runs cmdlets that read or change, in customers' organizations; none that destroy.",
        Limits(risks=frozenset({"read", "change", "session"}), spares_partners_own=True),
    ),
    Role.SENIOR_TECHNICIAN: RoleFacts(
        _WORK | {Permission.RUN_BREAK_GLASS},
        "Runs every cmdlet, where the approval policies let a run begin.",
    ),
    Role.APPROVER: RoleFacts(
        READ
        | {
            Permission.AUDIT_EVENT_READ,
            Permission.GLOBAL_STOP_LIFT,
            Permission.GLOBAL_STOP_ORDER,
            Permission.RUN_APPROVE,
            Permission.RUN_BREAK_GLASS,
            Permission.RUN_CANCEL,
            Permission.RUN_PAUSE,
        },
        "Lets a run of somebody else begin, or not.",
    ),
    Role.AUDITOR: RoleFacts(
        READ
        | {
            Permission.APP_REGISTRATION_READ,
            Permission.AUDIT_EVENT_READ,
            Permission.AUTHORITY_EXPLAIN,
            Permission.EXPORT_READ_ALL,
            Permission.PERSON_READ,
            Permission.RUN_EXPORT,
        },
        "Reads everything that was done, and who may do what; changes nothing.",
    ),
    Role.PARTNER_ADMINISTRATOR: RoleFacts(
        READ
        | _CONNECT
        | {
            Permission.AUDIT_EVENT_READ,
            Permission.AUTHORITY_EXPLAIN,
            Permission.EXPORT_READ_ALL,
            Permission.GLOBAL_STOP_LIFT,
            Permission.GLOBAL_STOP_ORDER,
            Permission.PERSON_READ,
            Permission.RUN_CANCEL,
            Permission.RUN_EXPORT,
            Permission.RUN_LAUNCH,
            Permission.RUN_PAUSE,
            Permission.RUN_RECONCILE,
        },
        "Connects the partner to its customers: app registrations, relationships, profiles; runs what reads.",
        Limits(risks=frozenset({"read", "session"})),
    ),
    Role.PLATFORM_ADMINISTRATOR: RoleFacts(
        frozenset(
            {
                Permission.APPROVAL_POLICY_MANAGE,
                Permission.AUTHORITY_EXPLAIN,
                Permission.GLOBAL_STOP_ORDER,
                Permission.GRANT_MANAGE,
                Permission.NAMED_SET_MANAGE,
                Permission.ROOT_KEY_ROTATE,
                Permission.PERSON_MANAGE,
                Permission.PERSON_READ,
                Permission.ROLE_MANAGE,
            }
        ),
        "Manages people, roles and policies; sees no organization and runs nothing.",
    ),
}


def roles_with(permission: Permission) -> list[Role]:
    """Return the built-in roles that hold `permission`."""
    return [Role(role) for role, facts in ROLES.items() if permission in facts.permissions]
