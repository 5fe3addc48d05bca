"""Addresses of the audit trail."""

from django.urls import path

from portal.audit.web import events

app_name = "audit"
urlpatterns = [
    path("audit/", events.listing, name="events"),
    path("audit/<uuid:event_id>/", events.detail, name="event"),
]
