"""My roles: what may I do, and what may I elevate to?"""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.grants.models import MOST_ELEVATED_HOURS
from portal.accounts.grants.selectors import find_grant, grants_of_person, set_names
from portal.accounts.grants.services import GrantRefused, elevate, end_elevation
from portal.accounts.web.access import actor_of
from portal.accounts.web.grant_rows import grant_row
from portal.core.htmx import render_page


class ElevationForm(forms.Form):
    """For how long, and why."""

    hours = forms.IntegerField(label="Hours", min_value=1, max_value=MOST_ELEVATED_HOURS, initial=1)
    reason = forms.CharField(label="Reason", max_length=500, help_text="It stands in the audit trail.")
    ticket = forms.CharField(label="Ticket", max_length=100, required=False)


@require_safe
def my_roles(request: HttpRequest) -> HttpResponse:
    """Show one's own roles."""
    actor = actor_of(request)
    names, now = set_names(), timezone.now()
    rows = [grant_row(grant, names, now) for grant in grants_of_person(int(actor.id))]
    context = {"held": [row for row in rows if row.holds], "ended": [row for row in rows if not row.holds]}
    return render_page(request, "accounts/my_roles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_role_elevate(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Elevate to a role for some hours."""
    actor = actor_of(request)
    grant = find_grant(grant_id)
    if grant is None or str(grant.user_id) != actor.id:
        raise Http404("There is no such role of yours.")
    form = ElevationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = elevate(actor=actor, grant_id=grant.pk, **form.cleaned_data)
        except GrantRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"You hold the role {made.role_name} until {made.until:%H:%M} UTC.")
            return HttpResponseRedirect(reverse("accounts:my-roles"), status=303)
    row = grant_row(grant, set_names(), timezone.now())
    context = {"form": form, "row": row}
    return render_page(request, "accounts/elevate.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def my_role_end(request: HttpRequest, grant_id: int) -> HttpResponse:
    """End an elevation early."""
    end_elevation(actor=actor_of(request), grant_id=grant_id)
    messages.success(request, "The elevation is ended.")
    return HttpResponseRedirect(reverse("accounts:my-roles"), status=303)
