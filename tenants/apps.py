from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Whom we serve and how we get in."""

    name = "tenants"
    label = "tenants"

    def ready(self) -> None:
        from portal.exports.listings import register
        from tenants.web.listings import access, groups, organizations

        for listing in (*organizations.LISTINGS, *groups.LISTINGS, *access.LISTINGS):
            register(listing)
