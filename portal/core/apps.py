from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What every page and task stands on."""

    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        from portal.core import checks, production_checks  # noqa: F401 - registers the system checks
        from portal.core.logging import configure_logging

        configure_logging()
