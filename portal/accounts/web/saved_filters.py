"""Saved filters: what a list's page shows of them, and the pages that save, change and delete them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.saved_filters.models import NAME_LENGTH, SavedFilter
from portal.accounts.saved_filters.normal_form import normal_form
from portal.accounts.saved_filters.selectors import own_filter, saved_filters_for
from portal.accounts.saved_filters.services import (
    FilterNotSaved,
    FilterUnknown,
    change_filter,
    delete_filter,
    save_filter,
)
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.text import storable


@dataclass(frozen=True, slots=True)
class SavedFilters:
    """What `components/_saved_filters.html` needs.

    `query` are the filters now in the address of the list at `path`, in their normal form; `current` is the saved
    filter that says the same; `default` the one that the list opens with.
    """

    page: str
    path: str
    query: str
    own: list[SavedFilter]
    shared: list[SavedFilter]
    current: SavedFilter | None
    default: SavedFilter | None

    @property
    def opening(self) -> HttpResponseRedirect | None:
        """The way to the default filter; None once anything stands in the address."""
        return HttpResponseRedirect(f"{self.path}?{self.default.query}") if self.default else None


class SavedFilterForm(forms.Form):
    """Name and use of a saved filter."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH, strip=True)
    is_default = forms.BooleanField(
        label="Open the list with it",
        required=False,
        help_text="“All” beside the saved filters shows everything again.",
    )
    is_shared = forms.BooleanField(
        label="Share it with everybody",
        required=False,
        help_text="Others see its name and its filters; what it lists depends on what they may see.",
    )


def saved_filters(request: HttpRequest, actor: Actor, *, page: str) -> SavedFilters:
    """Return the saved filters of the list that `request` shows; `page` is the key of the list."""
    found, query = saved_filters_for(actor=actor, page=page), normal_form(request.META.get("QUERY_STRING", ""))
    own = [saved for saved in found if str(saved.person_id) == actor.id]
    shared = [saved for saved in found if str(saved.person_id) != actor.id]
    current = next((saved for saved in (*own, *shared) if saved.query == query), None)
    default = next((saved for saved in own if saved.is_default), None) if _was_opened(request) else None
    return SavedFilters(page, request.path, query, own, shared, current, default)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a list under a name, and go back to the list."""
    page, query = storable(request.POST.get("page", ""), 60), request.POST.get("query", "")
    form, path = SavedFilterForm(request.POST), _path(request.POST.get("path", ""))
    try:
        if form.is_valid():
            saved = save_filter(actor=actor_of(request), page=page, name=form.cleaned_data["name"], query=query)
            messages.success(request, f"“{saved.name}” is saved. You find it under Saved filters.")
            return HttpResponseRedirect(f"{path}?{saved.query}", status=303)
    except FilterNotSaved as refusal:
        form.add_error("name", str(refusal))
    context = {"form": form, "page": page, "query": normal_form(query), "path": path}
    return render_page(request, "accounts/saved_filters/save.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, saved_filter_id: int) -> HttpResponse:
    """Rename a saved filter, share it, or make it the one that its list opens with."""
    actor = actor_of(request)
    saved = own_filter(actor=actor, saved_filter_id=saved_filter_id)
    if saved is None:
        raise Http404
    path = _path(request.GET.get("path", ""))
    kept = {name: getattr(saved, name) for name in SavedFilterForm.base_fields}
    form = SavedFilterForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_valid():
        try:
            change_filter(actor=actor, saved_filter_id=saved.pk, **form.cleaned_data)
            return HttpResponseRedirect(f"{path}?{saved.query}", status=303)
        except FilterNotSaved as refusal:
            form.add_error("name", str(refusal))
    context = {"form": form, "saved": saved, "path": path}
    return render_page(
        request, "accounts/saved_filters/form.html", context, status=422 if request.method == "POST" else 200
    )


@require_POST
def delete(request: HttpRequest, saved_filter_id: int) -> HttpResponse:
    """Delete a saved filter; the list stays filtered as it was, so that it can be saved anew."""
    try:
        saved = delete_filter(actor=actor_of(request), saved_filter_id=saved_filter_id)
    except FilterUnknown as unknown:
        raise Http404(str(unknown)) from unknown
    messages.success(request, f"“{saved.name}” is deleted. The list still shows its filters: save them to undo.")
    return HttpResponseRedirect(f"{_path(request.GET.get('path', ''))}?{saved.query}", status=303)


def _was_opened(request: HttpRequest) -> bool:
    """Whether the list was opened from elsewhere, and not by clearing its filters."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_same = came_from.netloc == request.get_host() and came_from.path == request.path
    return not request.META.get("QUERY_STRING") and not is_same and "HX-Request" not in request.headers


def _path(wanted: str) -> str:
    """Return the path of a list of ours, or home."""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return urlsplit(wanted).path if is_ours else "/"
