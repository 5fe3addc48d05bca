"""Child collections of an object: members, links and permissions."""

import random
from typing import Any

from portal.sandbox.engine.binding import Bound
from portal.sandbox.engine.catalogue import Cmdlet
from portal.sandbox.engine.nouns import CHILDREN, Children
from portal.sandbox.engine.store import Record, Row, TenantStore, identity_of, not_found
from portal.sandbox.errors import MEMBER_EXISTS, MEMBER_MISSING, CmdletError

READERS = {"Get"}


def run_membership(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> list[Row]:
    """Get, add, set, remove or replace children. Raises CmdletError for missing parents and (non-)members."""
    children = CHILDREN[cmdlet.noun]
    parent, key = _parent(store, children, bound)
    rows = _rows(store, children, parent, key)
    if cmdlet.verb in READERS:
        return _selected(rows, children, bound)
    named = _named(children, bound)
    if cmdlet.verb == "Update":
        parent.children[key] = [_row(store, children, parent, member, bound) for member in named]
        return []
    for member in named:
        resolved = _row(store, children, parent, member, bound)
        held = _held(rows, resolved, children)
        if cmdlet.verb == "Add":
            if held is not None and not _widens(held, resolved):
                raise CmdletError(
                    MEMBER_EXISTS, f'The recipient "{member}" is already a member of the group "{parent.own["Name"]}".'
                )
            if held is None:
                rows.append(resolved)
        elif held is None:
            raise CmdletError(
                MEMBER_MISSING, f'The recipient "{member}" isn\'t a member of the group "{parent.own["Name"]}".'
            )
        elif cmdlet.verb == "Set":
            held.update(resolved)
        else:
            _take(rows, held, resolved)
    return []


def _parent(store: TenantStore, children: Children, bound: Bound) -> tuple[Record, str]:
    identity = identity_of(bound, ("Case",)) or ""
    for noun in children.parents:
        found = store.find(noun, identity)
        if found is not None:
            folder = identity.partition(":")[2].lower() if children.noun == "MailboxFolderPermission" else ""
            link = str(bound.first("LinkType") or "").lower() if children.noun == "UnifiedGroupLinks" else ""
            return found, ":".join(part for part in (children.noun, folder, link) if part)
    raise not_found(store.organization, identity)


def _named(children: Children, bound: Bound) -> list[str]:
    value = bound.first(children.member, "Member", "Members", "User", "Trustee", "Links")
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]


def _rows(store: TenantStore, children: Children, parent: Record, key: str) -> list[Row]:
    found = parent.children.get(key)
    if found is None:
        found = parent.children[key] = _seed(store, children, parent)
    return found


def _seed(store: TenantStore, children: Children, parent: Record) -> list[Row]:
    if children.rights:
        return [_permission(parent, user, rights) for user, rights in _DEFAULT_RIGHTS.get(children.noun, ())]
    if children.noun not in {"DistributionGroupMember", "UnifiedGroupLinks"}:
        return []
    mailboxes = list(store.collection("Mailbox"))
    rng = random.Random(f"{store.organization.seed}:{parent.own['Guid']}")
    return [_member(record) for record in rng.sample(mailboxes, min(len(mailboxes), rng.randrange(1, 12)))]


_DEFAULT_RIGHTS: dict[str, tuple[tuple[str, str], ...]] = {
    "MailboxPermission": (("NT AUTHORITY\\SELF", "FullAccess"), ("NT AUTHORITY\\SELF", "ReadPermission")),
    "RecipientPermission": (("NT AUTHORITY\\SELF", "SendAs"),),
    "MailboxFolderPermission": (("Default", "AvailabilityOnly"), ("Anonymous", "None")),
    "PublicFolderClientPermission": (("Default", "Author"), ("Anonymous", "None")),
}


def _member(record: Record) -> Row:
    names = (
        "Identity",
        "Name",
        "DisplayName",
        "Alias",
        "PrimarySmtpAddress",
        "RecipientType",
        "RecipientTypeDetails",
        "Guid",
    )
    return {name: record.own.get(name) for name in names}


def _permission(parent: Record, user: str, rights: Any) -> Row:
    return {
        "Identity": parent.own["Identity"],
        "User": user,
        "Trustee": user,
        "AccessRights": rights if isinstance(rights, list) else [rights],
        "IsInherited": False,
        "Deny": False,
        "InheritanceType": "All",
        "AccessControlType": "Allow",
        "IsValid": True,
    }


def _row(store: TenantStore, children: Children, parent: Record, member: str, bound: Bound) -> Row:
    if member.lower() in {"default", "anonymous", "nt authority\\self"} and children.rights:
        return _permission(parent, member, bound.first("AccessRights") or [])
    record = store.find("Recipient", member)
    if record is None:
        raise not_found(store.organization, member)
    if children.rights:
        return _permission(parent, str(record.own["PrimarySmtpAddress"]), bound.first("AccessRights") or [])
    return _member(record)


def _held(rows: list[Row], wanted: Row, children: Children) -> Row | None:
    name = "User" if children.rights else "Guid"
    target = str(wanted.get(name)).lower()
    rights = {str(right).lower() for right in wanted.get("AccessRights", ())}
    for row in rows:
        if str(row.get(name)).lower() == target:
            held = {str(right).lower() for right in row.get("AccessRights", ())}
            if children.noun not in {"MailboxPermission", "RecipientPermission"} or not rights or rights & held:
                return row
    return None


def _widens(held: Row, wanted: Row) -> bool:
    """Give further rights to a holder of some; tell whether there were any."""
    further = [right for right in wanted.get("AccessRights", ()) if right not in held.get("AccessRights", ())]
    if further and "User" in held:
        held["AccessRights"] = [*held["AccessRights"], *further]
        return True
    return False


def _take(rows: list[Row], held: Row, wanted: Row) -> None:
    left = [right for right in held.get("AccessRights", ()) if right not in wanted.get("AccessRights", ())]
    if left and wanted.get("AccessRights"):
        held["AccessRights"] = left
    else:
        rows.remove(held)


def _selected(rows: list[Row], children: Children, bound: Bound) -> list[Row]:
    user = bound.first("User", "Trustee")
    if user is None or not children.rights:
        return rows
    wanted = str(user).lower()
    return [row for row in rows if str(row["User"]).lower() == wanted]
