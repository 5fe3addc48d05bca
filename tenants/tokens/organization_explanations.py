"""AADSTS codes about the organization: consent, policies, GDAP and the tenant itself (exchange-protocol.md 2.9)."""

from portal.core.explanations import Explanation, Retry

_FIX, _LATER, _NEVER = Retry.AFTER_FIX, Retry.LATER, Retry.NEVER

ORGANIZATION: tuple[tuple[tuple[str, ...], Explanation], ...] = (
    (
        ("50020", "50177", "90072"),
        Explanation(
            "no_gdap_access",
            "No GDAP rights in this organization",
            "Microsoft finds no right of the service account here: the GDAP relationship ended, its roles are not "
            "mapped to a group of the account, or the account exists in the organization as a guest, which hides GDAP.",
            "Check the relationship and its access assignments, put the service account into the mapped group, and "
            "delete the account if it is a guest in the organization.",
            _FIX,
        ),
    ),
    (
        ("50105",),
        Explanation(
            "app_assignment_required",
            "Application needs an assignment",
            "The enterprise application in the organization is set to “assignment required”; this identity has none.",
            "In the organization's Entra admin center, assign the identity to the enterprise application or turn "
            "“assignment required” off.",
            _FIX,
        ),
    ),
    (
        ("50131", "53000", "53001", "53002", "53003", "53011", "530032", "530035"),
        Explanation(
            "conditional_access_blocked",
            "Blocked by Conditional Access",
            "A Conditional Access policy or the security defaults of this organization block the Partner's sign-in.",
            "In the organization's policy, exclude external users of the type “service provider” of the Partner's "
            "tenant, or satisfy what the policy asks for.",
            _FIX,
        ),
    ),
    (
        ("50194",),
        Explanation(
            "app_single_tenant",
            "Application is single-tenant",
            "The application is registered for the Partner's tenant only, so no organization can accept it.",
            "In the app registration, change “supported account types” to accounts in any organizational directory.",
            _FIX,
        ),
    ),
    (
        ("500011",),
        Explanation(
            "no_exchange_in_organization",
            "No Exchange Online in organization",
            "The organization has no Exchange Online service: it never had a licence that contains it.",
            "Leave the organization out, or have the customer buy a licence with Exchange Online.",
            _NEVER,
        ),
    ),
    (
        ("500014",),
        Explanation(
            "subscription_lapsed",
            "Exchange subscription has lapsed",
            "Exchange Online is disabled in the organization because its subscription ended.",
            "Renew the customer's subscription, or leave the organization out.",
            _FIX,
        ),
    ),
    (
        ("500212", "500213"),
        Explanation(
            "cross_tenant_access_blocked",
            "Cross-tenant access policy blocks",
            "The organization's cross-tenant access settings do not let the Partner's tenant in.",
            "Have the customer allow the Partner's tenant for inbound access.",
            _FIX,
        ),
    ),
    (
        ("65001",),
        Explanation(
            "no_consent",
            "No consent in this organization",
            "The application has not been consented to in this organization, so it gets no token for it.",
            "Grant the application consent in this organization through Partner Center, or have the customer's Global "
            "Administrator grant admin consent. The next try uses it at once.",
            _FIX,
        ),
    ),
    (
        ("65002",),
        Explanation(
            "first_party_not_preauthorized",
            "Microsoft's own client not allowed",
            "A client id of Microsoft's own was used for a service that it may not call.",
            "Use an application registered in the Partner's tenant.",
            _FIX,
        ),
    ),
    (
        ("650051",),
        Explanation(
            "consent_still_spreading",
            "Application not yet there",
            "The application is just being created in the organization, or already exists there.",
            "Wait half a minute and try again.",
            _LATER,
        ),
    ),
    (
        ("650052", "650056", "650057"),
        Explanation(
            "permission_missing_in_registration",
            "App registration lacks Exchange permission",
            "The app registration does not list the service that the token is for, or the organization lacks it.",
            "Add the permission for Office 365 Exchange Online to the app registration, then consent again.",
            _FIX,
        ),
    ),
    (
        ("700016",),
        Explanation(
            "app_not_found",
            "Application unknown in this organization",
            "The application was never consented to here, its id is wrong, or the organization is in another cloud.",
            "Consent to the application in the organization; check the application id and the environment.",
            _FIX,
        ),
    ),
    (
        ("7000112",),
        Explanation(
            "app_disabled_in_organization",
            "Application disabled by the customer",
            "The customer disabled the enterprise application in this organization.",
            "Ask the customer to enable sign-in for the enterprise application.",
            _FIX,
        ),
    ),
    (
        ("7000229",),
        Explanation(
            "service_principal_missing",
            "Application lacks a service principal",
            "The application has no service principal in this organization: consent was never given or was removed.",
            "Grant the application consent again, as for a new organization.",
            _FIX,
        ),
    ),
    (
        ("90002",),
        Explanation(
            "organization_not_found",
            "Organization does not exist here",
            "No tenant with this id or domain exists in this cloud: a typing error, a deleted tenant, a wrong cloud.",
            "Check tenant id and environment of the organization; if the tenant was deleted, leave it out.",
            _NEVER,
        ),
    ),
    (
        ("900023", "5000224"),
        Explanation(
            "organization_unavailable",
            "Organization deleted or not available",
            "Microsoft has taken this tenant out of service or it is being deleted.",
            "Leave the organization out if the customer has left Microsoft 365.",
            _NEVER,
        ),
    ),
    (
        ("90038", "900382", "900384"),
        Explanation(
            "wrong_cloud",
            "Organization is in another cloud",
            "The tenant belongs to another national cloud than the environment that it was asked in.",
            "Compare the environment on the organization's page with the cloud that it is in; tell an administrator "
            "if they differ.",
            _FIX,
        ),
    ),
    (
        ("90094",),
        Explanation(
            "admin_consent_required",
            "Administrator consent required",
            "The permissions of the application need the consent of an administrator of this organization.",
            "Have the customer's Global Administrator grant admin consent to the application.",
            _FIX,
        ),
    ),
    (
        ("90099",),
        Explanation(
            "partner_consent_missing",
            "Partner Center consent missing",
            "A partner's delegated administrators need the application's consent through Partner Center first.",
            "Grant the application consent for this organization through Partner Center.",
            _FIX,
        ),
    ),
)
