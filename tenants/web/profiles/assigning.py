"""Letting a connection profile apply somewhere: chosen, shown with what it changes, then done."""

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.profiles.assignments import assign_profile, check_place, require_service
from tenants.profiles.bulk_assignments import assign_profile_to_organizations
from tenants.profiles.effects import Effect, effect_of_assigning
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import usable_profiles
from tenants.web.profiles.places import Places, place_choices, places_in, places_typed

HIGHEST_RANK = 1000


class AssignmentForm(forms.Form):
    """Which profile shall apply where, and for what."""

    profile = forms.ChoiceField(label="Connection profile")
    to = forms.ChoiceField(label="Applies to")
    organization_name = forms.CharField(
        required=False, max_length=300, label="Organization", help_text="Its domain, name or tenant id."
    )
    service = forms.ChoiceField(label="Service", choices=ProfileService.choices)
    rank = forms.IntegerField(
        label="Rank",
        min_value=0,
        max_value=HIGHEST_RANK,
        initial=10,
        required=False,
        help_text="Only for a group. An organization in several groups uses the profile of the lowest rank.",
    )

    def __init__(self, actor: Actor, places: Places | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._actor, self._places = actor, places
        fitting = places.partner_id if places else None
        self._profiles = {str(each.pk): each for each in usable_profiles(actor) if fitting in (None, each.partner_id)}
        several = len({each.partner_id for each in self._profiles.values()}) > 1
        self._choose(
            "profile",
            [("", "Choose…")]
            + [(pk, f"{each} ({each.partner})" if several else str(each)) for pk, each in self._profiles.items()],
        )
        if places is None:
            self._choose("to", place_choices(actor))
            return
        del self.fields["to"], self.fields["organization_name"]
        if not places.is_group:
            del self.fields["rank"]

    @property
    def profile_chosen(self) -> ConnectionProfile:
        """The profile; only after `is_valid`."""
        return self._profiles[self.cleaned_data["profile"]]

    @property
    def service_chosen(self) -> ProfileService:
        """The service; only after `is_valid`."""
        return ProfileService(self.cleaned_data["service"])

    @property
    def rank_chosen(self) -> int:
        """The rank among groups; only after `is_valid`."""
        return self.cleaned_data.get("rank") or 0

    def places(self) -> Places:
        """Return where it shall apply; only after `is_valid`. Raises `Refused`."""
        if self._places:
            return self._places
        typed = self.cleaned_data
        return places_typed(self._actor, self.profile_chosen, typed["to"], typed["organization_name"])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Ask what shall apply where, show how many organizations that changes, and do it once that was confirmed."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    try:
        places = places_in(actor, request.GET)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("tenants:profiles"), status=303)
    if request.method != "POST":
        first = {key: request.GET[key] for key in ("profile", "service", "to") if key in request.GET}
        return _page(request, AssignmentForm(actor, places, initial=first), places)
    form = AssignmentForm(actor, places, request.POST)
    if not form.is_valid():
        return _page(request, form, places, status=422)
    try:
        return _confirmed(request, actor, form, form.places())
    except Refused as refusal:
        form.add_error(getattr(refusal, "field", "") or None, str(refusal))
        return _page(request, form, places, status=422)


def _confirmed(request: HttpRequest, actor: Actor, form: AssignmentForm, places: Places) -> HttpResponse:
    require_service(form.profile_chosen, form.service_chosen)
    for place in places.items:
        check_place(form.profile_chosen, place)
    effect = effect_of_assigning(
        actor,
        profile=form.profile_chosen,
        places=places.items,
        service=form.service_chosen,
        rank=form.rank_chosen,
    )
    seal = _seal(form, places, effect)
    if request.POST.get("confirmed") != seal:
        return _page(request, form, places, effect=effect, seal=seal)
    _do(actor, form, places)
    messages.success(request, f"“{form.profile_chosen}” now applies to {places.words}.")
    return HttpResponseRedirect(places.url, status=303)


def _do(actor: Actor, form: AssignmentForm, places: Places) -> None:
    profile, service = form.profile_chosen, form.service_chosen
    if len(places.items) > 1:
        assign_profile_to_organizations(
            actor=actor, profile=profile, organizations=places.organizations, service=service
        )
    else:
        assign_profile(actor=actor, profile=profile, place=places.items[0], service=service, rank=form.rank_chosen)


def _seal(form: AssignmentForm, places: Places, effect: Effect) -> str:
    """Return what a confirmation must carry: what was shown, so that nothing else is done."""
    said = (
        form.profile_chosen.pk,
        form.service_chosen,
        form.rank_chosen,
        sorted(str(each.pk) for each in places.items),
        effect.seal,
    )
    return sha256(repr(said).encode()).hexdigest()


def _page(
    request: HttpRequest,
    form: AssignmentForm,
    places: Places | None,
    *,
    effect: Effect | None = None,
    seal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "places": places,
        "effect": effect,
        "seal": seal,
        "back": places.url if places else reverse("tenants:profiles"),
    }
    return render_page(request, "tenants/profiles/assign.html", context, status=status)
