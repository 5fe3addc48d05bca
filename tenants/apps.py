from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Whom we serve and how we get in."""

    name = "tenants"
    label = "tenants"

    def ready(self) -> None:
        """Make known what others ask for: what grants reach, how getting in fails, which lists can be exported."""
        from functools import partial

        from portal.accounts import identity_providers
        from portal.accounts.services import when_disabled
        from portal.core.explanations import make_known
        from portal.core.scoping import tell_apart_by
        from portal.exports.listings import register
        from tenants.egress import allow_known_hosts
        from tenants.groups.membership import fits_rule
        from tenants.microsoft.explanations import PARTNER_APIS
        from tenants.organizations.scopes import organizations_in
        from tenants.sign_in_flows.portal import providers
        from tenants.sign_ins import receivers  # noqa: F401 - they listen from now on
        from tenants.sign_ins.services import end_sign_ins_of
        from tenants.tokens.explanations import EXPLANATIONS
        from tenants.web.listings import access, changes, consents, expiring, groups, organizations, profiles

        allow_known_hosts()
        identity_providers.offer(providers)
        when_disabled(end_sign_ins_of)
        tell_apart_by(partial(organizations_in, fitting=fits_rule))
        make_known((*EXPLANATIONS, *PARTNER_APIS.values()))
        for lists in (organizations, groups, access, changes, consents, expiring, profiles):
            for listing in lists.LISTINGS:
                register(listing)
