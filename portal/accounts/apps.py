from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their roles, and how they sign in."""

    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from portal.accounts import receivers  # noqa: F401 - connects the sign-in events
        from portal.accounts.services import when_disabled
        from portal.accounts.sessions.services import end_sessions_of

        when_disabled(end_sessions_of)
