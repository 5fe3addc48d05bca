from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their roles, and how they sign in."""

    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from portal.accounts import receivers  # noqa: F401 - connects the sign-in events
