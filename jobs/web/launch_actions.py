"""What the buttons inside the launch form do to what was typed, before it is read again."""

from collections.abc import Callable, Mapping, Sequence

from django.http import HttpRequest, QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.web.form_steps import fold_inputs
from jobs.web.launch_form import LaunchForm
from jobs.web.preview import preview
from jobs.web.where import Where
from portal.core.actors import Actor
from portal.core.tables import LARGEST_FILE, UnreadableTable
from tenants.organizations.models import Organization
from tenants.organizations.name_files import read_name_file
from tenants.organizations.name_lists import rewritten, without_entries

LOOKS = ("look", "choose_set")
"""Fields whose presence means that the person does not want to go on yet."""


def leave_out(actor: Actor, data: QueryDict, organization_id: str) -> None:
    """Take one organization out of the choice: untick it, and except it where a group or a filter brings it in."""
    _leave_out(actor, data, [organization_id])


def leave_out_these(actor: Actor, data: QueryDict, organizations: Sequence[Organization]) -> None:
    """Take several organizations out of the choice."""
    _leave_out(actor, data, [str(organization.pk) for organization in organizations])


def take_back(actor: Actor, data: QueryDict, organization_id: str) -> None:
    """Take an excepted organization back in, or all of them."""
    kept = [] if organization_id == "*" else [pk for pk in data.getlist("except") if pk != organization_id]
    data.setlist("except", kept)


def mend(actor: Actor, data: QueryDict, change: str) -> None:
    """Write an entry of the list as the name that was meant: `change` is its place in the list and the name."""
    place, _, name = change.partition(":")
    unclear = Where.read(actor, data).named.unclear
    if place.isdigit() and int(place) < len(unclear):
        data["names"] = rewritten(data.get("names", ""), unclear[int(place)], name)


def remove_unclear(actor: Actor, data: QueryDict, _value: str) -> None:
    """Take every entry out of the list that cannot be used."""
    where = Where.read(actor, data)
    data["names"] = without_entries(where.names, where.named.unclear)


ACTIONS: Mapping[str, Callable[[Actor, QueryDict, str], None]] = {
    "leave_out": leave_out,
    "take_back": take_back,
    "mend": mend,
    "remove_unclear": remove_unclear,
}
"""Buttons by the name under which a browser sends them."""


def after_actions(request: HttpRequest, actor: Actor, cmdlet: Cmdlet) -> tuple[QueryDict, str]:
    """Return what was posted after the pressed button did its work, and what went wrong with an uploaded file."""
    data = request.POST.copy()
    fold_inputs(data)
    for name, action in ACTIONS.items():
        if value := data.pop(name, None):
            action(actor, data, str(value[-1]))
            data["look"] = name
    if causes := data.pop("leave_out_cause", None):
        found = preview(actor, LaunchForm.read(actor, cmdlet, data)).expected
        leave_out_these(actor, data, found.of_cause(str(causes[-1])))
        data["look"] = "leave_out_cause"
    return data, _read_file(request, actor, data)


def only_looks(data: QueryDict) -> bool:
    """Whether the person pressed something else than Review."""
    return any(name in data for name in LOOKS)


def _read_file(request: HttpRequest, actor: Actor, data: QueryDict) -> str:
    """Put the organizations of an uploaded file into the list, behind what is there; returns what is wrong with it."""
    upload = request.FILES.get("names_file")
    if upload is None or isinstance(upload, list):
        return ""
    data["look"], data["where"] = "file", "chosen"
    if (upload.size or 0) > LARGEST_FILE:
        return (
            f"{upload.name} has {upload.size:,} bytes; at most {LARGEST_FILE:,} are read. "
            "Keep only the column that names the organizations."
        )
    try:
        read = read_name_file(actor, upload.name or "The file", upload.read())
    except UnreadableTable as refusal:
        return str(refusal)
    before = data.get("names", "").rstrip()
    data["names"] = f"{before}\n{read.text}" if before else read.text
    data["names_note"] = read.note
    return ""


def _leave_out(actor: Actor, data: QueryDict, organization_ids: list[str]) -> None:
    out = set(organization_ids)
    data.setlist("organization", [pk for pk in data.getlist("organization") if pk not in out])
    still = {str(organization.pk) for organization in Where.read(actor, data).chosen.organizations}
    excepted = [*data.getlist("except"), *(pk for pk in organization_ids if pk in still)]
    data.setlist("except", list(dict.fromkeys(excepted)))
