"""A launch form that was posted by somebody who was signed out meanwhile: kept until that person signs in again."""

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.saved.drafts import keep_launch_draft
from jobs.saved.typed import FormTooLarge, typed_text
from portal.core.actors import Actor
from portal.core.text import readable_id

_KEY = "interrupted_launch"
_LARGEST = 65_536
"""How much a session of nobody holds: anybody can begin one."""


def sign_in_first(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Lead to the sign-in page and back here, and keep what was posted in the session, without secrets."""
    if request.method == "POST" and request.POST.get("typed_by") and readable_id(request.POST.get("draft")):
        try:
            typed = typed_text(find(name), request.POST)
        except (UnknownCmdlet, FormTooLarge):
            typed = ""
        if 0 < len(typed) <= _LARGEST:
            draft, person = request.POST["draft"], request.POST["typed_by"]
            request.session[_KEY] = {"draft": draft, "person": person, "cmdlet": find(name).name, "typed": typed}
    return redirect_to_login(request.get_full_path(), resolve_url("accounts:sign-in"))


def taken(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, draft_id: UUID) -> QueryDict | None:
    """Return what this person posted for this draft before signing in again; from then on the draft has it."""
    kept = request.session.get(_KEY)
    if not kept or (kept["draft"], kept["cmdlet"]) != (str(draft_id), cmdlet.name):
        return None
    del request.session[_KEY]
    if kept["person"] != actor.id:
        return None
    data = QueryDict(kept["typed"])
    return data if keep_launch_draft(actor=actor, draft_id=draft_id, cmdlet=cmdlet, data=data) else None
