"""Which cmdlet reads back what a changing one did, and what it would show: from the catalogue and a few exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from jobs.catalogue.cmdlets import Cmdlet, find


class Proof(StrEnum):
    """What a reading can show of a change that was carried out."""

    CREATED = "created"
    VALUES = "values"
    PRESENT = "present"
    GONE = "gone"
    MEMBERS_ADDED = "members added"
    MEMBERS_REMOVED = "members removed"
    MEMBERS_REPLACED = "members replaced"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """How one changing cmdlet is read back.

    `keys` leads from the reader's parameters to those of the change that feed them; `scope` are parameters that both
    have and that are passed on where given. `member` names the parameter of a membership that says who. `states` are
    the properties that a cmdlet without values of its own sets, with the value.
    """

    cmdlet: str
    keys: Mapping[str, str]
    scope: tuple[str, ...]
    proof: Proof
    member: str = ""
    states: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What reads back one call: the cmdlet and its parameters, and what the answer can show.

    `members` are who was added, removed or put in place; of those in `strangers` the other names have to be looked up,
    since the answer may call them otherwise.
    """

    cmdlet: str
    parameters: dict[str, Any]
    proof: Proof
    read_back: ReadBack
    members: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


_SCOPES = (
    *("FeatureScenario", "GroupMailbox", "LinkType", "ListSubType", "Mailbox", "Migration", "Organization"),
    *("OrganizationApp", "Partition", "PriorityCleanup", "PrivateCatalog", "PublicFolder", "SoftDeletedMailbox"),
    "SpoofType",
)
"""Parameters that say in which place an object is looked for."""

_MEMBERSHIPS = MappingProxyType(
    {
        "ComplianceCaseMember": "Member",
        "DistributionGroupMember": "Member",
        "MailboxFolderPermission": "User",
        "MailboxPermission": "User",
        "PublicFolderClientPermission": "User",
        "RecipientPermission": "Trustee",
        "RoleGroupMember": "Member",
        "UnifiedGroupLinks": "Links",
        "VivaOrgInsightsDelegatedRole": "Delegate",
        "WorkforceInsightsDelegationAccess": "Delegate",
        "eDiscoveryCaseAdmin": "User",
    }
)
"""Nouns whose rows say who belongs to something or may do something, with the parameter that names them."""

_BY_VERB = MappingProxyType(
    {
        "New": Proof.CREATED,
        "Set": Proof.VALUES,
        "Enable": Proof.VALUES,
        "Disable": Proof.VALUES,
        "Remove": Proof.GONE,
        "Delete": Proof.GONE,
        "Add": Proof.CREATED,
    }
)
_OF_MEMBERSHIPS = MappingProxyType(
    {
        "Add": Proof.MEMBERS_ADDED,
        "Set": Proof.MEMBERS_REPLACED,
        "Remove": Proof.MEMBERS_REMOVED,
        "Update": Proof.MEMBERS_REPLACED,
    }
)
_EXCEPTIONS: Mapping[str, Proof] = MappingProxyType(
    {
        # An entry has no time of its own; that it is there is what was planned.
        "Add-ManagementRoleEntry": Proof.PRESENT,
        "Remove-VivaModuleFeaturePolicy": Proof.NOTHING,
        # What these do is over once it is done, or goes on elsewhere.
        "New-ComplianceSearchAction": Proof.NOTHING,
        "New-ComplianceRetentionEvent": Proof.NOTHING,
        "Set-AccessToCustomerDataRequest": Proof.NOTHING,
        "Set-ComplianceSearchAction": Proof.NOTHING,
        "Set-OMEMessageRevocation": Proof.NOTHING,
        # Found by a name that the server makes of the mailbox or the place and the given one.
        "New-MailboxFolder": Proof.NOTHING,
        "New-MailboxImportRequest": Proof.NOTHING,
        "New-MailboxRestoreRequest": Proof.NOTHING,
        "New-PublicFolder": Proof.NOTHING,
        "New-PublicFolderMoveRequest": Proof.NOTHING,
        # One object for each entry, named in words of the server's own.
        "New-TenantAllowBlockListItems": Proof.NOTHING,
        "Set-TenantAllowBlockListItems": Proof.NOTHING,
        "Remove-TenantAllowBlockListItems": Proof.NOTHING,
        "New-TenantAllowBlockListSpoofItems": Proof.NOTHING,
        "Set-TenantAllowBlockListSpoofItems": Proof.NOTHING,
        "Remove-TenantAllowBlockListSpoofItems": Proof.NOTHING,
    }
)
_STATES: Mapping[str, tuple[tuple[str, Any], ...]] = MappingProxyType(
    {
        "Enable-Mailbox": (("ArchiveStatus", "Active"),),
        "Disable-Mailbox": (("ArchiveStatus", "None"),),
        "Enable-OrganizationCustomization": (("IsDehydrated", False),),
        "Enable-DnssecForVerifiedDomain": (("DnssecFeatureStatus", "Enabled"),),
        "Disable-DnssecForVerifiedDomain": (("DnssecFeatureStatus", "Disabled"),),
        "Enable-SmtpDaneInbound": (("SmtpDaneInboundStatus", "Enabled"),),
        "Disable-SmtpDaneInbound": (("SmtpDaneInboundStatus", "Disabled"),),
        "Enable-IPv6ForAcceptedDomain": (("Status", "Enabled"),),
        "Disable-IPv6ForAcceptedDomain": (("Status", "Disabled"),),
    }
)
_UNREADABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "New-AddressList": frozenset({"Container"}),
        "Remove-Mailbox": frozenset({"PermanentlyDelete", "RemoveCNFPublicFolderMailboxPermanently"}),
        "Remove-MailUser": frozenset({"PermanentlyDelete"}),
        "Remove-MailboxPermission": frozenset({"ClearAutoMapping", "ResetDefault"}),
        "Remove-MailboxFolderPermission": frozenset({"ResetDelegateUserCollection"}),
        "Remove-RecipientPermission": frozenset({"MultiTrustees"}),
    }
)
"""Parameters with which a cmdlet changes something else than its reader shows."""


@cache
def read_back_of(name: str) -> ReadBack | None:
    """Return how the cmdlet `name` is read back; None where nothing reads what it changes."""
    cmdlet = find(name)
    snapshot = cmdlet.snapshot
    if cmdlet.risk not in ("change", "destructive") or snapshot is None:
        return None
    reader = find(snapshot["get"])
    by = () if snapshot["by"] == "none" else snapshot["by"].split(",")
    keys = {key: snapshot.get("from") or key for key in by}
    scope = tuple(each for each in _SCOPES if _has(cmdlet, each) and _has(reader, each) and each not in keys)
    member = _MEMBERSHIPS.get(cmdlet.noun, "")
    proof = _proof(cmdlet, member)
    # The server knows every name of a person; what it answers for one leaves no doubt about who is meant.
    if member in ("User", "Trustee") and _has(reader, member) and member not in keys and cmdlet.verb != "Update":
        keys = {**keys, member: member}
    return ReadBack(reader.name, keys, scope, proof, member, _states(cmdlet, proof))


def reading_of(cmdlet: str, parameters: Mapping[str, Any]) -> Reading | None:
    """Return the call that reads back the call of `cmdlet` with these encoded `parameters`; None where there is none.

    A list that has no key is read as a whole. Where the change does not name its object, nothing is read.
    """
    read_back = read_back_of(cmdlet)
    if read_back is None:
        return None
    sent = {key: _fed(parameters, source) for key, source in read_back.keys.items()}
    if any(not isinstance(value, str) or not value for value in sent.values()):
        return None
    passed = {name: parameters[name] for name in read_back.scope if parameters.get(name)}
    members = _members(read_back, parameters)
    # Who is missing from the first thousand may be behind them.
    whole = {"ResultSize": "Unlimited"} if _has(find(read_back.cmdlet), "ResultSize") and (members or not sent) else {}
    return Reading(
        cmdlet=read_back.cmdlet,
        parameters={**sent, **passed, **whole},
        proof=_proof_of_call(cmdlet, read_back, parameters),
        read_back=read_back,
        members=members,
        strangers=() if read_back.member in read_back.keys else members,
    )


def _members(read_back: ReadBack, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    names = (read_back.member, f"{read_back.member}s") if read_back.member else ()
    given: Any = next((parameters[name] for name in names if parameters.get(name)), [])
    return tuple(str(each) for each in (given if isinstance(given, list) else [given]))


def _fed(parameters: Mapping[str, Any], source: str) -> Any:
    """Return the value that names the object; a group that is made may be given an alias or an address alone."""
    names = ("Name", "Alias", "PrimarySmtpAddress") if source == "Name" else (source,)
    return next((parameters[name] for name in names if parameters.get(name)), None)


def _proof(cmdlet: Cmdlet, member: str) -> Proof:
    if cmdlet.name in _EXCEPTIONS:
        return _EXCEPTIONS[cmdlet.name]
    if cmdlet.name in _STATES:
        return Proof.VALUES
    if member:
        return _OF_MEMBERSHIPS.get(cmdlet.verb, Proof.NOTHING)
    return _BY_VERB.get(cmdlet.verb, Proof.NOTHING)


def _states(cmdlet: Cmdlet, proof: Proof) -> tuple[tuple[str, Any], ...]:
    if cmdlet.name in _STATES:
        return _STATES[cmdlet.name]
    if proof is not Proof.VALUES or cmdlet.verb not in ("Enable", "Disable"):
        return ()
    enabled = cmdlet.verb == "Enable"
    return (("State", "Enabled" if enabled else "Disabled"), ("Enabled", enabled))


def _proof_of_call(cmdlet: str, read_back: ReadBack, parameters: Mapping[str, Any]) -> Proof:
    if any(parameters.get(name) for name in _UNREADABLE.get(cmdlet, ())):
        return Proof.NOTHING
    if cmdlet in ("Enable-Mailbox", "Disable-Mailbox", "Enable-MailPublicFolder", "Disable-MailPublicFolder"):
        return _PROVISIONING.get(cmdlet, Proof.NOTHING) if not parameters.get("Archive") else Proof.VALUES
    return read_back.proof


_PROVISIONING: Mapping[str, Proof] = MappingProxyType(
    {"Disable-MailPublicFolder": Proof.GONE, "Enable-MailPublicFolder": Proof.PRESENT}
)


def _has(cmdlet: Cmdlet, name: str) -> bool:
    return name in cmdlet.parameters and bool(cmdlet.parameters[name].services)
