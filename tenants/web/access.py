"""Who could do what in an organization, now or on a day long gone: the page that answers it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.templatetags.presentation import day
from tenants.consents.selectors import ConsentView, consents_of
from tenants.organizations.history import doings
from tenants.organizations.models import Organization
from tenants.organizations.selectors import find_organization
from tenants.relationships.standing import Span, at, compared, inferred, standings
from tenants.sync.selectors import Readings, last_read_at, readings_around
from tenants.web.access_form import AccessForm


@require_safe
def access(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Show who could do what, how surely that is known, and what differs between two days."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    organization = find_organization(actor, organization_id)
    if organization is None:
        raise Http404
    form, now = AccessForm(request.GET), timezone.now()
    read_at = last_read_at(organization.partner)
    span, two_days = form.span(now, read_at), form.comparison(now)
    readings = readings_around(organization.partner, span.end)
    context = {
        "organization": organization,
        "form": form,
        "ignored": form.ignored(),
        "asked": _asked(span, form),
        "standings": standings(organization, span, read_at),
        "inferred": inferred(organization, span),
        "consents": _consents(actor, organization, form, span),
        "reading_note": _reading_note(readings),
        "difference": _difference(organization, two_days) if two_days else None,
        "changes_url": f"{reverse('tenants:relationship-changes')}?{urlencode({'organization': str(organization.pk)})}",
        **_doings(actor, organization, span.begin if form.chosen().get("on") else now),
    }
    return render_page(request, "tenants/organizations/access.html", context)


def _asked(span: Span, form: AccessForm) -> str:
    chosen = form.chosen()
    if not chosen.get("on"):
        return "now"
    return f"on {at(span.begin)}" if chosen.get("at") is not None else f"on {day(span.begin)}"


def _reading_note(readings: Readings) -> str:
    if readings.first is None:
        return "The relationships of this partner were never read since Signalbox keeps their history."
    if readings.before is None:
        return f"Signalbox did not read relationships yet: its first reading was on {at(readings.first)}."
    after = f" The next reading was on {at(readings.after)}." if readings.after else ""
    return f"The last reading before it ended was on {at(readings.before)}.{after}"


def _consents(actor: Actor, organization: Organization, form: AccessForm, span: Span) -> list[ConsentView] | None:
    """Return the consents as they were known then; None without the right to know app registrations."""
    if not actor.has(Permission.APP_REGISTRATION_READ):
        return None
    return consents_of(organization, at=span.end if form.chosen().get("on") else None)


def _difference(organization: Organization, days: tuple[datetime, datetime]) -> dict[str, Any]:
    return {"earlier": days[0], "later": days[1], "rows": compared(organization, *days)}


def _doings(actor: Actor, organization: Organization, on: datetime) -> dict[str, Any]:
    """Return who had something run on that day, with the address of the history; nothing without the right."""
    if not actor.has(Permission.RUN_READ):
        return {"doings": None}
    begin = on.replace(hour=0, minute=0, second=0, microsecond=0)
    end = on.replace(hour=23, minute=59, second=59, microsecond=999_999)
    query = {"organization": str(organization.pk), "since": str(begin.date()), "until": str(end.date())}
    return {
        "doings": doings(actor, organization, begin=begin, end=end),
        "doings_day": day(begin),
        "runs_url": f"{reverse('jobs:runs')}?{urlencode(query)}",
    }
