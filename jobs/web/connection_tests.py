"""Testing connections: at once for one organization, after a short question for more."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.connection_tests.cmdlets import SERVICE_CHOICES
from jobs.connection_tests.services import launch_connection_test
from jobs.runs.estimates import estimate
from jobs.runs.models import Run
from jobs.runs.selection import Selection, choose
from jobs.web.preview import estimate_words
from jobs.web.tested_selection import kept_selection, read_selection, selection_words
from jobs.web.words import SERVICES, counted
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.profiles.powershell import TEST_CMDLETS
from tenants.profiles.selectors import usable_profiles
from tenants.selection.selectors import SelectionRefused


class TestForm(forms.Form):
    """With what to test. `profile` in the address narrows the organizations, as in their list."""

    __test__ = False  # no test of ours, whatever pytest thinks of its name

    service = forms.ChoiceField(choices=list(SERVICE_CHOICES.items()), label="Service", initial="exo")
    with_profile = forms.ChoiceField(
        label="Connection profile",
        required=False,
        help_text="Another one than the organizations' own tries it out before it is assigned.",
    )

    def __init__(self, actor: Actor, data: QueryDict | None, **options: Any) -> None:
        super().__init__(data, **options)
        profiles = [(str(profile.pk), f"{profile} ({profile.partner})") for profile in usable_profiles(actor)]
        field = self.fields["with_profile"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "The one that applies to each organization"), *profiles]

    @property
    def profile_id(self) -> UUID | None:
        """The chosen profile."""
        chosen: str = self.cleaned_data["with_profile"]
        return UUID(chosen) if chosen else None


@require_http_methods(["GET", "HEAD", "POST"])
def connection_test(request: HttpRequest) -> HttpResponse:
    """Ask before many organizations are tested; a POST for one, or one that was asked for, launches."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    sent = request.POST if request.method == "POST" else request.GET
    try:
        selection, words = read_selection(actor, sent), selection_words(actor, sent)
        number = choose(actor=actor, selection=selection).number
        if not number:
            raise SelectionRefused("No organization is chosen. Tick some in the list, then press Test.")
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("tenants:organizations"), status=303)
    if request.method == "POST" and (number == 1 or "confirmed" in sent):
        return _launch(request, actor, selection, words, number)
    return _page(request, actor, TestForm(actor, None, initial=_initial(sent)), selection, words, number)


def _launch(request: HttpRequest, actor: Actor, selection: Selection, words: str, number: int) -> HttpResponse:
    data = request.POST.copy()
    data.setdefault("service", "exo")
    form = TestForm(actor, data)
    if form.is_valid():
        try:
            runs = launch_connection_test(
                actor=actor,
                selection=selection,
                service=form.cleaned_data["service"],
                profile_id=form.profile_id,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _to_run(request, runs)
    return _page(request, actor, form, selection, words, number, status=422)


def _to_run(request: HttpRequest, runs: list[Run]) -> HttpResponse:
    for other in runs[1:]:
        messages.success(request, f"{SERVICES[other.service]} is tested in a run of its own: it is beside this one.")
    return HttpResponseRedirect(reverse("jobs:run", args=[runs[0].pk]), status=303)


def _page(
    request: HttpRequest,
    actor: Actor,
    form: TestForm,
    selection: Selection,
    words: str,
    number: int,
    *,
    status: int = 200,
) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    chosen = choose(actor=actor, selection=selection)
    context = {
        "form": form,
        "words": words,
        "number": number,
        "places": counted(number, "organization"),
        "left_out": chosen.left_out,
        "hidden": [(key, value) for key, values in kept_selection(sent).lists() for value in values],
        "estimates": [
            (SERVICES[service], estimate_words(estimate(actor=actor, cmdlet=cmdlet, service=service, number=number)))
            for service, cmdlet in TEST_CMDLETS.items()
        ],
    }
    return render_page(request, "jobs/connection_tests/form.html", context, status=status)


def _initial(sent: QueryDict) -> dict[str, str]:
    service = sent.get("service", "exo")
    return {"service": service if service in SERVICE_CHOICES else "exo", "with_profile": sent.get("with_profile", "")}
