"""Paste a PowerShell command, and the launch form of its cmdlet fills itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.catalogue.powershell_reading import NotRead, Reading, read_powershell
from jobs.catalogue.secret_values import may_hold_secret
from jobs.saved.drafts import keep_launch_draft
from jobs.saved.selectors import find_launch_draft
from jobs.saved.typed import FormTooLarge
from jobs.web.parameter_texts import PREFIX
from jobs.web.remarks import REMARKS, signed
from jobs.web.what import What
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.identifiers import uuid7
from portal.core.permissions import Permission

_PLACES = frozenset({"organization", "group"})
_WHAT = frozenset({"set", "choose_set", "service", REMARKS})


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest) -> HttpResponse:
    """Lead to the launch form of the pasted command, filled in; what is no command is explained.

    Where and why are kept from the launch form in which somebody pastes (`draft`), or from picked organizations.
    """
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    if request.method != "POST":
        return _page(request, "")
    line = request.POST.get("line", "")
    try:
        reading = read_powershell(line)
        draft_id = _keep(actor, request.POST, reading)
    except NotRead as refusal:
        return _page(request, line, refusal)
    except FormTooLarge as refusal:
        return _page(request, line, NotRead(str(refusal), "Paste a shorter command."))
    url = reverse("jobs:launch", args=[reading.cmdlet.name])
    return HttpResponseRedirect(f"{url}?draft={draft_id}", status=303)


def _keep(actor: Actor, posted: QueryDict, reading: Reading) -> UUID:
    """Keep what was read as a launch draft of its own, so that going back finds the form as it was before."""
    data = _around(actor, posted)
    data.update({f"{PREFIX}{name}": text for name, text in reading.texts.items()})
    if reading.given > reading.texts.keys():
        data["set"] = What(reading.cmdlet, dict.fromkeys(reading.given, "")).chosen_set.name
    if reading.left_out or reading.notes:
        data[REMARKS] = signed(reading.left_out, reading.notes)
    draft_id = uuid7()
    keep_launch_draft(actor=actor, draft_id=draft_id, cmdlet=reading.cmdlet, data=data)
    return draft_id


def _around(actor: Actor, posted: QueryDict) -> QueryDict:
    """Return where and why of the launch form in which somebody pasted."""
    data = QueryDict(mutable=True)
    for key, values in posted.lists():
        if key in _PLACES:
            data.setlist(key, values)
    try:
        draft = find_launch_draft(actor=actor, draft_id=UUID(posted.get("draft", "")))
    except ValueError:
        return data
    for key, values in QueryDict(draft.typed).lists() if draft else ():
        if not key.startswith(PREFIX) and key not in _WHAT:
            data.setlist(key, values)
    return data


def _page(request: HttpRequest, line: str, refusal: NotRead | None = None) -> HttpResponse:
    posted = request.POST
    hidden = may_hold_secret(line)
    context = {
        "line": line if not hidden and (refusal is None or refusal.is_short) else "",
        "refusal": refusal,
        "hidden": hidden,
        "commands": [command for command in refusal.commands if not may_hold_secret(command.line)] if refusal else [],
        "picked": [(key, value) for key in _PLACES for value in (posted or request.GET).getlist(key)],
        "draft": posted.get("draft", ""),
    }
    return render(request, "jobs/cmdlets/paste.html", context, status=422 if refusal else 200)
