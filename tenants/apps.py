from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Whom we serve and how we get in."""

    name = "tenants"
    label = "tenants"
