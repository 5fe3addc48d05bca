from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit trail."""

    name = "portal.audit"
    label = "audit"
