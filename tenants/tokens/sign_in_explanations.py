"""AADSTS codes about the account, the application's credentials and the login host (exchange-protocol.md 2.9)."""

from portal.core.explanations import Explanation, Retry
from tenants.tokens.local_explanations import LOGIN_THROTTLED, LOGIN_UNAVAILABLE

_FIX, _LATER, _NEVER = Retry.AFTER_FIX, Retry.LATER, Retry.NEVER

SIGN_IN: tuple[tuple[tuple[str, ...], Explanation], ...] = (
    (
        ("50034", "51004"),
        Explanation(
            "account_not_in_directory",
            "Account unknown in this directory",
            "The account that signed in does not exist in this directory: a wrong account, or an ended relationship.",
            "Check the partner sign-in under App registrations, and whether the relationship is still active.",
            _FIX,
        ),
    ),
    (
        ("50053",),
        Explanation(
            "service_account_locked",
            "Service account locked",
            "Too many failed sign-ins locked the Partner's service account. Every organization behind it fails.",
            "Find out who signs in with a wrong password, unlock the account, then replace the partner sign-in under "
            "App registrations.",
            _FIX,
        ),
    ),
    (
        ("50055",),
        Explanation(
            "service_account_password_expired",
            "Service account's password expired",
            "The password of the Partner's service account has expired. Every organization reached through it fails.",
            "Set a new password (better: one that does not expire, with MFA), then replace the partner sign-in under "
            "App registrations.",
            _FIX,
        ),
    ),
    (
        ("50057",),
        Explanation(
            "service_account_disabled",
            "Service account disabled",
            "Somebody disabled the account of the partner sign-in. Every organization behind it fails.",
            "Enable the account in the Partner's tenant, or store the sign-in of another one under App registrations.",
            _FIX,
        ),
    ),
    (
        ("50126",),
        Explanation(
            "wrong_password",
            "Wrong user name or password",
            "The login host rejected the user name or password.",
            "Sign in to Microsoft with the right password; the app-only certificate needs none.",
            _FIX,
        ),
    ),
    (
        ("50059", "50128", "900144", "90014"),
        Explanation(
            "login_request_incomplete",
            "Sign-in request lacks a field",
            "The request to the login host lacked the tenant or another field. This is a fault of Signalbox.",
            "Report it with the correlation id; nothing in the organization needs to be changed.",
            _NEVER,
        ),
    ),
    (
        ("50072", "50074", "50076", "50078", "50079"),
        Explanation(
            "mfa_required",
            "Fresh MFA required",
            "The organization wants multifactor authentication that the Partner's stored sign-in does not prove.",
            "Sign in with MFA and replace the partner sign-in under App registrations; the customer may also trust the "
            "Partner's MFA in its cross-tenant access settings.",
            _FIX,
        ),
    ),
    (
        ("50132", "50133", "50173"),
        Explanation(
            "sign_in_revoked",
            "Partner's sign-in was revoked",
            "The stored sign-in was revoked, usually by a changed password. Every organization behind it fails.",
            "Sign in with the service account and MFA, and replace the partner sign-in under App registrations.",
            _FIX,
        ),
    ),
    (
        ("50158",),
        Explanation(
            "external_challenge",
            "Third-party MFA not satisfied",
            "The organization demands a third-party challenge (for instance Duo) that only a person can answer.",
            "Have the customer exclude service providers from that policy, or use the app-only certificate.",
            _FIX,
        ),
    ),
    (
        ("50196",),
        Explanation(
            "login_loop_detected",
            "Login host sees a request loop",
            "The same token was asked for too often and the login host stopped answering for this application.",
            "Wait at least five minutes. If it returns, report it: tokens are not being cached.",
            _LATER,
        ),
    ),
    (
        ("530034",),
        Explanation(
            "partner_blocked_by_microsoft",
            "Microsoft blocked the delegated administrator",
            "Microsoft blocked delegated administration because of suspicious activity. No retry will help.",
            "Open a case with Microsoft support, and treat the service account as possibly compromised.",
            _NEVER,
        ),
    ),
    (
        ("54005", "70008", "70000"),
        Explanation(
            "stored_sign_in_invalid",
            "Stored sign-in is not valid",
            "The stored sign-in was already used, expired, revoked, or belongs to another application.",
            "Sign in with the service account, MFA and the present application, and replace the partner sign-in under "
            "App registrations.",
            _FIX,
        ),
    ),
    (
        ("65004",),
        Explanation(
            "consent_declined",
            "Consent was declined",
            "The person who was asked for consent refused it.",
            "Ask the customer's administrator again and say what the permissions are for.",
            _FIX,
        ),
    ),
    (
        ("700005",),
        Explanation(
            "code_for_other_tenant",
            "Sign-in belongs to another tenant",
            "The sign-in code was issued for another tenant than the one that it was redeemed in.",
            "Sign in again in the tenant that the code is to be redeemed in.",
            _FIX,
        ),
    ),
    (
        ("700025", "7000218"),
        Explanation(
            "client_type_mismatch",
            "Public and confidential client mixed up",
            "The application is registered as one client type and used as the other.",
            "Compare the connection method with the app registration: a confidential client needs its certificate, "
            "a public one must not send any.",
            _FIX,
        ),
    ),
    (
        ("700027", "700030"),
        Explanation(
            "certificate_not_accepted",
            "Certificate not (yet) accepted",
            "The login host does not know this certificate for the application. Just after an upload that is normal "
            "for some seconds.",
            "Wait half a minute. If it stays, upload the certificate to the app registration and check its thumbprint.",
            _LATER,
        ),
    ),
    (
        ("7000215",),
        Explanation(
            "client_secret_wrong",
            "Client secret is wrong",
            "The application's secret is wrong; often the secret's id was stored instead of its value.",
            "Use a certificate instead: upload it under App registrations. Every organization is affected.",
            _FIX,
        ),
    ),
    (
        ("7000222",),
        Explanation(
            "client_secret_expired",
            "Client secret has expired",
            "The application's secret has expired. Every organization is affected.",
            "Use a certificate instead: upload it under App registrations.",
            _FIX,
        ),
    ),
    (
        ("700022", "700023", "70011"),
        Explanation(
            "scope_invalid",
            "Requested scope is invalid",
            "The token was asked for with a scope that does not exist or mixes several services.",
            "Report it: this is a fault of Signalbox. A request names one service and ends in /.default.",
            _NEVER,
        ),
    ),
    (
        ("700082", "700084", "70043"),
        Explanation(
            "stored_sign_in_expired",
            "Stored sign-in has expired",
            "The Partner's stored sign-in expired: 90 days unused, or a sign-in frequency policy. Every organization "
            "reached through it fails at once.",
            "Sign in with the service account and MFA, and replace the partner sign-in under App registrations.",
            _FIX,
        ),
    ),
    (
        ("70016",),
        Explanation(
            "device_code_pending",
            "Waiting for the device code",
            "Nobody has entered the device code yet.",
            "Enter the code at the address that came with it.",
            _LATER,
        ),
    ),
    (
        ("70018", "70019"),
        Explanation(
            "device_code_expired",
            "Device code wrong or expired",
            "The device code was mistyped, or nobody entered it in time.",
            "Start the sign-in again to get a new code.",
            _FIX,
        ),
    ),
    (
        ("70001", "70002", "70003"),
        Explanation(
            "app_misconfigured",
            "Application is misconfigured",
            "The login host rejects the application itself or the kind of sign-in it uses.",
            "Compare the application id and the connection method with the app registration.",
            _FIX,
        ),
    ),
    (("90006", "90024", "90033"), LOGIN_UNAVAILABLE),
    (
        ("90023", "9002313", "9001023"),
        Explanation(
            "login_request_malformed",
            "Sign-in request is malformed",
            "The login host could not read the request; usually a stored secret or sign-in is empty.",
            "Replace the partner sign-in under App registrations by a complete one.",
            _FIX,
        ),
    ),
    (("90055",), LOGIN_THROTTLED),
)
