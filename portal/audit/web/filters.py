"""Filters of the audit trail; they live in the URL."""

from datetime import UTC, date, datetime, time, timedelta

import django_filters
from django import forms

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class AuditEventFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Narrows the events by what happened, who, where, in which run and when (days in UTC, both included)."""

    action = django_filters.ChoiceFilter(
        choices=[(action.value, action.value) for action in AuditAction], label="Action", empty_label="Any"
    )
    actor = django_filters.CharFilter(method="by_or_for", label="Person", max_length=300)
    organization = django_filters.CharFilter(
        field_name="organization_name", lookup_expr="icontains", label="Organization", max_length=300
    )
    run = django_filters.UUIDFilter(field_name="run_id", label="Run id")
    since = django_filters.DateFilter(method="from_day", label="From (UTC)", widget=_day())
    until = django_filters.DateFilter(method="to_day", label="To (UTC)", widget=_day())

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def by_or_for(self, events: AuditEventQuerySet, name: str, text: str) -> AuditEventQuerySet:
        """Keep what somebody did, and what the workers did on that person's behalf."""
        return events.done_by_or_for(text)

    def from_day(self, events: AuditEventQuerySet, name: str, day: date) -> AuditEventQuerySet:
        """Keep what happened on `day` or later."""
        return events.filter(occurred_at__gte=datetime.combine(day, time(), UTC))

    def to_day(self, events: AuditEventQuerySet, name: str, day: date) -> AuditEventQuerySet:
        """Keep what happened on `day` or earlier."""
        if day == date.max:
            return events
        return events.filter(occurred_at__lt=datetime.combine(day + timedelta(days=1), time(), UTC))

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self.form.is_valid() and any(self.form.cleaned_data.values())
