from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Files of whatever is listed."""

    name = "portal.exports"
    label = "exports"

    def ready(self) -> None:
        from portal.exports.audit_events import AUDIT_EVENTS
        from portal.exports.listings import register

        register(AUDIT_EVENTS)
