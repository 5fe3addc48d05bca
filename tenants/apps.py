from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Whom we serve and how we get in."""

    name = "tenants"
    label = "tenants"

    def ready(self) -> None:
        """Make known what others ask for: how getting in can fail, and the lists that can be exported."""
        from portal.core.explanations import make_known
        from portal.exports.listings import register
        from tenants.microsoft.explanations import PARTNER_APIS
        from tenants.sign_ins import receivers  # noqa: F401 - they listen from now on
        from tenants.tokens.explanations import EXPLANATIONS
        from tenants.web.listings import access, changes, consents, expiring, groups, organizations, profiles

        make_known((*EXPLANATIONS, *PARTNER_APIS.values()))
        for lists in (organizations, groups, access, changes, consents, expiring, profiles):
            for listing in lists.LISTINGS:
                register(listing)
