"""What each verb does to the objects of an organization; one engine for every catalogued cmdlet."""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from portal.sandbox.engine.binding import Bound
from portal.sandbox.engine.catalogue import Cmdlet
from portal.sandbox.engine.filters import parse_filter
from portal.sandbox.engine.membership import run_membership
from portal.sandbox.engine.nouns import CHILDREN, RECIPIENT_STORES, UNIONS, store_of
from portal.sandbox.engine.store import Record, Row, TenantStore, identity_of
from portal.sandbox.errors import DEHYDRATED, CmdletError
from portal.sandbox.world.names import slug
from portal.sandbox.world.objects import base_record, stamp
from portal.sandbox.world.recipients import mailbox, recipient

DEFAULT_RESULT_SIZE = 1000
TRUNCATED = (
    "There are more results available than are currently displayed. To view them, increase the value for the "
    "ResultSize parameter."
)
UNCHANGED = "The command completed successfully but no settings of '{identity}' have been modified."
CUSTOMIZE_FIRST = (
    "The command you tried to run isn't currently allowed in your organization. To run this command, you first need to "
    "run the command: Enable-OrganizationCustomization."
)
_NOT_PROPERTIES = frozenset({"Identity", "Force", "Password", "AsJob", "ResultSize"})
_STATES = {
    "Start": "InProgress",
    "Resume": "InProgress",
    "Stop": "Stopped",
    "Suspend": "Suspended",
    "Complete": "Completed",
    "Cancel": "Cancelled",
}


@dataclass(slots=True)
class Answer:
    """What a cmdlet gave: rows already shown as their reader shows them, and warnings."""

    rows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def run(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    """Run a bound cmdlet. Raises CmdletError when Exchange would refuse."""
    if store.organization.dehydrated and _needs_customization(cmdlet):
        raise CmdletError(DEHYDRATED, CUSTOMIZE_FIRST)
    if cmdlet.noun in CHILDREN:
        return _limited(run_membership(store, cmdlet, bound), bound)
    return _VERBS.get(cmdlet.verb, _act)(store, cmdlet, bound)


def _needs_customization(cmdlet: Cmdlet) -> bool:
    return (
        cmdlet.verb in {"New", "Set", "Remove"}
        and store_of(cmdlet.noun) not in RECIPIENT_STORES
        and cmdlet.noun not in CHILDREN
        and ("Policy" in cmdlet.noun or "Role" in cmdlet.noun or "Sharing" in cmdlet.noun)
    )


def _get(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    identity = identity_of(bound, cmdlet.keys) if _names_one(bound) else None
    if cmdlet.noun == "MailboxFolderStatistics" or cmdlet.noun == "EXOMailboxFolderStatistics":
        return _limited(_folder_statistics(store, store.get("Mailbox", identity or "")), bound)
    records = store.match(cmdlet.noun, identity) if identity is not None else store.records(cmdlet.noun)
    rows = [store.render(cmdlet.noun, record) for record in records]
    if cmdlet.noun == "OrganizationConfig":
        rows = [{**row, "IsDehydrated": store.organization.dehydrated} for row in rows]
    return _limited(_filtered(rows, bound, named=identity is not None), bound)


def _names_one(bound: Bound) -> bool:
    return bound.first("Identity", "Name", "Id", "DomainName") is not None


def _filtered(rows: list[Row], bound: Bound, *, named: bool) -> list[Row]:
    text = bound.first("Filter", "RecipientPreviewFilter")
    if text:
        predicate = parse_filter(str(text))
        rows = [row for row in rows if predicate({name.lower(): value for name, value in row.items()})]
    anr = bound.first("Anr")
    if anr:
        rows = [row for row in rows if any(str(anr).lower() in str(row.get(n, "")).lower() for n in ("Name", "Alias"))]
    if named or not rows:
        return rows
    shown_names = {name for row in rows for name in row}
    for name in bound.values.keys() & shown_names - _NOT_PROPERTIES:
        wanted = bound.values[name]
        accepted = {str(value).lower() for value in (wanted if isinstance(wanted, list) else [wanted])}
        rows = [row for row in rows if str(row.get(name)).lower() in accepted]
    return rows


def _limited(rows: list[Row], bound: Bound) -> Answer:
    size = bound.values.get("ResultSize")
    if isinstance(size, str) and size.lower() == "unlimited":
        return Answer(rows)
    limit = DEFAULT_RESULT_SIZE if size is None else int(size)
    return Answer(rows[:limit], [TRUNCATED] if len(rows) > limit else [])


def _folder_statistics(store: TenantStore, record: Record) -> list[Row]:
    rng = random.Random(f"{store.organization.seed}:{record.own['Guid']}:folders")
    alias = record.own.get("Alias", record.own["Name"])
    return [
        {
            "Name": folder,
            "Identity": f"{alias}\\{folder}",
            "FolderPath": f"/{folder}",
            "FolderType": folder.replace(" ", ""),
            "ItemsInFolder": rng.randrange(0, 4_000),
        }
        for folder in ("Inbox", "Sent Items", "Deleted Items", "Drafts", "Calendar", "Contacts", "Archive")
    ]


def _new(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    organization, noun = store.organization, cmdlet.noun
    values = _properties(cmdlet, bound)
    name = str(bound.first("Name", "DisplayName", *cmdlet.keys) or identity_of(bound, cmdlet.keys) or _fresh_name(noun))
    own = {**_recipient_properties(store, noun, name, bound), "Name": name, "Identity": name, "Id": name}
    record = base_record(organization, noun, own)
    record.own["WhenCreatedUTC"] = record.own["WhenChangedUTC"] = stamp(datetime.now(UTC))
    record.change(noun, values)
    store.create(noun, record)
    return Answer([store.render(noun, record)])


def _fresh_name(noun: str) -> str:
    return f"{noun} {random.randbytes(4).hex()}"


def _recipient_properties(store: TenantStore, noun: str, name: str, bound: Bound) -> Row:
    kind = _RECIPIENT_KINDS.get(noun)
    if kind is None:
        return {}
    for switch, special in (("Shared", "SharedMailbox"), ("Room", "RoomMailbox"), ("Equipment", "EquipmentMailbox")):
        kind = special if noun == "Mailbox" and bound.first(switch) else kind
    address = str(bound.first("PrimarySmtpAddress", "MicrosoftOnlineServicesID", "ExternalEmailAddress") or "")
    alias = str(bound.first("Alias") or slug(address.partition("@")[0]) or slug(name) or "recipient")
    display = str(bound.first("DisplayName") or name)
    if noun == "Mailbox":
        own = mailbox(store.organization, kind, display, alias, random.Random(name))
    else:
        own = recipient(store.organization, kind, display, alias)
    return {**own, "PrimarySmtpAddress": address.removeprefix("SMTP:")} if address else own


_RECIPIENT_KINDS = {
    "Mailbox": "UserMailbox",
    "DistributionGroup": "MailUniversalDistributionGroup",
    "DynamicDistributionGroup": "DynamicDistributionGroup",
    "MailContact": "MailContact",
    "MailUser": "MailUser",
    "UnifiedGroup": "GroupMailbox",
}


def _target(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Record:
    """The record that a writer means: by identity, or the only one there is."""
    identity = identity_of(bound, cmdlet.keys)
    if identity is not None and (_names_one(bound) or len(store.records(cmdlet.noun)) != 1):
        return store.get(cmdlet.noun, identity)
    records = store.records(cmdlet.noun)
    return records[0] if records else store.get(cmdlet.noun, identity or cmdlet.noun)


def _set(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    record = _target(store, cmdlet, bound)
    if record.change(cmdlet.noun, _properties(cmdlet, bound)):
        record.own["WhenChangedUTC"] = stamp(datetime.now(UTC))
        for name in UNIONS.get(cmdlet.noun, (cmdlet.noun,)):
            if id(record) in store.collection(name).records:
                store.collection(name).reindex(record)
        return Answer()
    return Answer(warnings=[UNCHANGED.format(identity=record.own["Identity"])])


def _properties(cmdlet: Cmdlet, bound: Bound) -> Row:
    """Parameters that are properties: no switches, no secrets, no identity."""
    values: Row = {}
    for name, value in bound.values.items():
        parameter = cmdlet.parameters[name.lower()]
        if (
            name not in _NOT_PROPERTIES
            and not parameter.switch
            and parameter.kind not in {"secret", "credential", "stream"}
        ):
            values[name] = value
    return values


def _remove(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    record = _target(store, cmdlet, bound)
    store.collection(cmdlet.noun).remove(record)
    if cmdlet.noun == "Mailbox":
        store.collection("SoftDeletedMailbox").add(record)
    return Answer()


def _switch(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    enabled = cmdlet.verb == "Enable"
    if cmdlet.noun == "OrganizationCustomization":
        if not store.organization.has_trouble("dehydrated") or store.organization.customized:
            raise CmdletError(
                "Microsoft.Exchange.Configuration.Tasks.InvalidOperationException",
                "This operation is not required. Organization is already enabled for customization.",
            )
        store.organization.customized = True
        return Answer()
    if cmdlet.noun == "Mailbox":
        archive = {"ArchiveStatus": "Active" if enabled else "None"}
        store.get("Mailbox", identity_of(bound, cmdlet.keys) or "").change("Mailbox", archive)
        return Answer()
    record = _target(store, cmdlet, bound)
    record.change(cmdlet.noun, {"State": "Enabled" if enabled else "Disabled", "Enabled": enabled})
    return Answer()


def _progress(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    verbs = store.catalogue.nouns[cmdlet.noun]
    if cmdlet.verb == "Start" and "New" not in verbs:
        started = _new(store, cmdlet, bound)
        return Answer([{**started.rows[0], "Status": "NotStarted"}])
    record = _target(store, cmdlet, bound)
    record.change(cmdlet.noun, {"Status": _STATES[cmdlet.verb]})
    return Answer()


def _examine(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    identity = identity_of(bound, cmdlet.keys) or store.organization.initial_domain
    result = {"Identity": identity, "Id": cmdlet.name, "ResultType": "Success", "Detail": "All checks passed."}
    return Answer([result])


def _search(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    return _limited([], bound)


def _export(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    identity = identity_of(bound, cmdlet.keys) or cmdlet.noun
    content = base64.b64encode(f"{store.organization.initial_domain}:{cmdlet.noun}:{identity}".encode()).decode()
    return Answer([{"Identity": identity, "FileData": content}])


def _undo(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    removed = store.collection(cmdlet.noun)
    identity = str(bound.first("SoftDeletedObject") or identity_of(bound, cmdlet.keys) or "")
    record = store.get(cmdlet.noun, identity)
    removed.remove(record)
    kind = cmdlet.noun.removeprefix("SoftDeleted")
    store.collection(kind).add(record)
    return Answer([store.render(kind, record)])


def _act(store: TenantStore, cmdlet: Cmdlet, bound: Bound) -> Answer:
    """Verbs that do something outside the objects: the object that is named must exist if its noun has objects."""
    if "Get" in store.catalogue.nouns[cmdlet.noun] and _names_one(bound):
        record = _target(store, cmdlet, bound)
        record.change(cmdlet.noun, {f"Last{cmdlet.verb}Time": stamp(datetime.now(UTC))})
    return Answer()


_Verb = Callable[[TenantStore, Cmdlet, Bound], Answer]
_VERBS: dict[str, _Verb] = {
    "Get": _get,
    "New": _new,
    "Add": _new,
    "Set": _set,
    "Remove": _remove,
    "Delete": _remove,
    "Enable": _switch,
    "Disable": _switch,
    **dict.fromkeys(_STATES, _progress),
    **dict.fromkeys(("Test", "Validate", "Check", "Preview", "Compare"), _examine),
    "Search": _search,
    "Export": _export,
    "Undo": _undo,
}


def shown(row: Row, select: list[str]) -> Row:
    """A row as it is sent: only the selected properties if any are named."""
    if not select:
        return row
    wanted = {name.lower() for name in select}
    return {name: value for name, value in row.items() if name.partition("@")[0].lower() in wanted}
