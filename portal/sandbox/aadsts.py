"""AADSTS codes: OAuth error, text, suberror and HTTP status of each (exchange-protocol.md 2.9, ENTRAERR)."""

INVALID_GRANT, INVALID_CLIENT, INVALID_REQUEST = "invalid_grant", "invalid_client", "invalid_request"
UNAUTHORIZED_CLIENT, INTERACTION_REQUIRED = "unauthorized_client", "interaction_required"
INVALID_SCOPE, UNAVAILABLE, ACCESS_DENIED = "invalid_scope", "temporarily_unavailable", "access_denied"
PENDING, DECLINED, EXPIRED = "authorization_pending", "authorization_declined", "expired_token"
BAD_CODE, TOO_FAST, SIGN_IN_NEEDED = "bad_verification_code", "slow_down", "login_required"

AADSTS: dict[int, tuple[str, str]] = {
    50011: (
        INVALID_CLIENT,
        "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for "
        "the application '{client}'. Make sure the redirect URI sent in the request matches one added to your "
        "application.",
    ),
    50020: (
        INVALID_GRANT,
        "User account '{user}' from identity provider 'https://sts.windows.net/{home}/' does not exist in tenant "
        "'{tenant}' and cannot access the application '{client}' in that tenant.",
    ),
    50034: (INVALID_GRANT, "The user account {user} does not exist in the {tenant} directory."),
    50053: (INVALID_GRANT, "The account is locked, you've tried to sign in too many times with an incorrect password."),
    50055: (INVALID_GRANT, "The password is expired."),
    50057: (INVALID_GRANT, "The user account is disabled."),
    50058: (SIGN_IN_NEEDED, "Session information is not sufficient for single-sign-on."),
    50059: (
        INVALID_REQUEST,
        "No tenant-identifying information found in the request or implied by credentials.",
    ),
    50072: (INTERACTION_REQUIRED, "The user must enroll in multi-factor authentication to access '{resource}'."),
    50074: (INTERACTION_REQUIRED, "Strong authentication is required to access '{resource}'."),
    50076: (
        INTERACTION_REQUIRED,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access '{resource}'.",
    ),
    50078: (INTERACTION_REQUIRED, "Presented multi-factor authentication has expired due to policies."),
    50079: (
        INTERACTION_REQUIRED,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "enroll in multi-factor authentication to access '{resource}'.",
    ),
    50105: (
        INVALID_GRANT,
        "Your administrator has configured the application {name} ('{client}') to block users unless they are "
        "specifically granted access to it. The signed-in user '{user}' is blocked because they are not a direct "
        "member of a group with access, nor had access directly assigned by an administrator.",
    ),
    50126: (INVALID_GRANT, "Error validating credentials due to invalid username or password."),
    50128: (INVALID_REQUEST, "Invalid domain name. No tenant-identifying information found in the request."),
    50131: (INTERACTION_REQUIRED, "Device is not in required device state, or the request was blocked as suspicious."),
    50132: (INVALID_GRANT, "The session has expired due to recent password change or credential revocation."),
    50133: (INVALID_GRANT, "Session is invalid due to password expiration or recent password change."),
    50158: (INTERACTION_REQUIRED, "External security challenge not satisfied."),
    50173: (INVALID_GRANT, "The provided grant has expired due to it being revoked, a fresh auth token is needed."),
    50177: (INTERACTION_REQUIRED, "User account '{user}' does not support the external challenge of this tenant."),
    50194: (INVALID_REQUEST, "Application '{client}' is not configured as a multi-tenant application."),
    50196: (INVALID_GRANT, "The server terminated an operation because it encountered a client request loop."),
    51004: (INVALID_GRANT, "The user account {user} does not exist in the {tenant} directory."),
    500011: (
        INVALID_REQUEST,
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in it.",
    ),
    500014: (INVALID_REQUEST, "The service principal for resource '{resource}' is disabled."),
    500112: (
        INVALID_CLIENT,
        "The reply address '{given}' does not match the reply address '{expected}' provided when requesting "
        "Authorization code.",
    ),
    500121: (INTERACTION_REQUIRED, "Authentication failed during strong authentication request."),
    500212: (INVALID_GRANT, "User's home tenant '{home}' has an outbound policy that does not allow this access."),
    500213: (INVALID_GRANT, "The resource tenant's cross-tenant access policy does not allow this user to access it."),
    501481: (
        INVALID_GRANT,
        "The Code_Verifier does not match the code_challenge of the authorization request.",
    ),
    5000224: (INVALID_REQUEST, "The tenant '{tenant}' is not available: it has been deleted."),
    53000: (
        INTERACTION_REQUIRED,
        "Device is not in required device state: {state}. It must be compliant.",
    ),
    53001: (INTERACTION_REQUIRED, "Device is not in required device state: {state}. It must be joined."),
    53002: (INTERACTION_REQUIRED, "Application used is not an approved application for Conditional Access."),
    53003: (
        INTERACTION_REQUIRED,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    53011: (INTERACTION_REQUIRED, "User blocked due to risk on home tenant."),
    530032: (INTERACTION_REQUIRED, "Blocked by security policy: the tenant's security policy blocks this request."),
    530034: (INVALID_GRANT, "A delegated administrator was blocked from accessing the tenant: suspicious activity."),
    530035: (INTERACTION_REQUIRED, "Access has been blocked by security defaults."),
    54005: (INVALID_GRANT, "OAuth2 Authorization code was already redeemed, please retry with a new valid code."),
    65001: (
        INVALID_GRANT,
        "The user or administrator has not consented to use the application with ID '{client}' named '{name}'. "
        "Send an interactive authorization request for this user and resource.",
    ),
    65002: (
        INVALID_GRANT,
        "Consent between first party application '{client}' and first party resource '{resource}' must be configured "
        "via preauthorization.",
    ),
    65004: (ACCESS_DENIED, "User declined to consent to access the app."),
    650051: (
        INVALID_REQUEST,
        "Application '{client}' requests permissions that are invalid or out of date.",
    ),
    650052: (
        INVALID_CLIENT,
        "The app needs access to a service ('{resource}') that your organization '{tenant}' has not subscribed to or "
        "enabled.",
    ),
    650056: (INVALID_CLIENT, "Misconfigured application. It has not listed any permission for '{resource}'."),
    650057: (INVALID_REQUEST, "Invalid resource. The client has requested access to a resource which is not listed."),
    70000: (INVALID_GRANT, "The provided grant is invalid for this client."),
    70001: (UNAUTHORIZED_CLIENT, "The application is disabled."),
    70002: (INVALID_CLIENT, "Error validating credentials of the client."),
    70003: ("unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70008: (INVALID_GRANT, "The provided authorization code or refresh token has expired due to inactivity."),
    70011: (
        INVALID_SCOPE,
        "The provided request must include a 'scope' input parameter. The scope {scope} is not valid.",
    ),
    70016: (PENDING, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: (BAD_CODE, "Invalid verification code due to user typing in wrong user code for device code flow."),
    70019: (EXPIRED, "Verification code expired. Have the user retry the sign-in."),
    70020: (
        EXPIRED,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    ),
    70043: (INVALID_GRANT, "The refresh token has expired or is invalid due to sign-in frequency checks."),
    700005: (INVALID_GRANT, "Provided Authorization Code is intended to use against other tenant, thus rejected."),
    700016: (
        UNAUTHORIZED_CLIENT,
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in it.",
    ),
    700022: (INVALID_REQUEST, "The provided value for scope {scope} is not valid: it names more than one resource."),
    700023: (INVALID_REQUEST, "The provided value for scope {scope} is not valid: it names no resource."),
    700024: (INVALID_CLIENT, "Client assertion is not within its valid time range. [Reason - {reason}]"),
    700025: (INVALID_CLIENT, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    700027: (INVALID_CLIENT, "Client assertion contains an invalid signature. [Reason - {reason}]"),
    700030: (INVALID_CLIENT, "Invalid certificate: its subject name is not on the list of the application."),
    700054: ("unsupported_response_type", "response_type '{response_type}' is not enabled for the application."),
    700082: (INVALID_GRANT, "The refresh token has expired due to inactivity."),
    700084: (INVALID_GRANT, "The refresh token was issued to a single page app, and has a fixed, limited lifetime."),
    7000112: (UNAUTHORIZED_CLIENT, "Application '{client}'({name}) is disabled."),
    7000215: (
        INVALID_CLIENT,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{client}'.",
    ),
    7000218: (
        INVALID_CLIENT,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: (INVALID_CLIENT, "The provided client secret keys for app '{client}' are expired."),
    7000229: (
        UNAUTHORIZED_CLIENT,
        "Application {client} is missing a service principal in the tenant {tenant}.",
    ),
    90002: (
        INVALID_REQUEST,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. This may happen if there are no active subscriptions for the tenant.",
    ),
    90006: (UNAVAILABLE, "The service is temporarily unavailable."),
    90014: (INVALID_REQUEST, "The required field '{field}' is missing from the credential."),
    90023: (INVALID_REQUEST, "The authentication service request is not valid."),
    90024: (UNAVAILABLE, "A transient error has occurred: the request was cancelled because its budget was exceeded."),
    90033: (UNAVAILABLE, "A transient error has occurred. Please try again."),
    90038: (
        INVALID_REQUEST,
        "The specified tenant '{tenant}' belongs to another National Cloud. The current cloud instance does not "
        "federate with it.",
    ),
    90055: (UNAVAILABLE, "There are too many incoming requests for this tenant."),
    90072: (
        INVALID_GRANT,
        "User account '{user}' from external identity provider does not exist in tenant '{tenant}' and cannot access "
        "the application '{client}' in that tenant.",
    ),
    90094: (
        ACCESS_DENIED,
        "A policy of {tenant} prevents you from granting {name} access.",
    ),
    90099: (
        INVALID_GRANT,
        "The application '{client}' has not been authorized in the tenant '{tenant}'. Applications must be authorized "
        "to access the customer tenant before partner delegated administrators can use them.",
    ),
    900023: (
        INVALID_REQUEST,
        "Specified tenant identifier '{tenant}' is not a valid domain.",
    ),
    900144: (INVALID_REQUEST, "The request body must contain the following parameter: '{field}'."),
    900382: (INVALID_REQUEST, "Public Client is not supported in Cross Cloud request for tenant '{tenant}'."),
    900384: (INVALID_REQUEST, "Confidential Client is not supported in Cross Cloud request for tenant '{tenant}'."),
    9001023: (INVALID_REQUEST, "The grant type is not supported over the /common or /consumers endpoints."),
    9002313: (INVALID_REQUEST, "Invalid request. Request is malformed or invalid."),
}

SUBERRORS = {
    50055: "user_password_expired",
    50072: "basic_action",
    50074: "basic_action",
    50076: "basic_action",
    50078: "basic_action",
    50079: "basic_action",
    50158: "basic_action",
    53000: "additional_action",
    53001: "additional_action",
    53002: "additional_action",
    53003: "message_only",
    530032: "message_only",
    530035: "message_only",
    65001: "consent_required",
    90094: "consent_required",
    50132: "bad_token",
    50133: "bad_token",
    50173: "bad_token",
    70043: "token_expired",
    700082: "token_expired",
    700084: "token_expired",
}

_OF_ERROR = {INVALID_CLIENT: 401, UNAVAILABLE: 503}
_OF_CODE = {90055: 429}


def status_of(code: int) -> int:
    """HTTP status of the token endpoint's answer: 401 for a client's proof, 429 and 503 for passing ones, else 400."""
    return _OF_CODE.get(code) or _OF_ERROR.get(AADSTS[code][0], 400)
