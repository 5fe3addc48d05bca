"""Failures around tokens that have no AADSTS code: the network, msal's surroundings, and our own guards."""

from portal.core.explanations import Explanation, Retry

LOGIN_UNREACHABLE = Explanation(
    "login_unreachable",
    "Login host cannot be reached",
    "No connection to Microsoft's login host could be made, or it broke before an answer came. Nothing was sent to "
    "Exchange.",
    "Check network, DNS and firewall between the worker and the login host.",
    Retry.AUTOMATIC,
)
LOGIN_UNAVAILABLE = Explanation(
    "login_unavailable",
    "Login host has a disturbance",
    "The login host answered with a server error.",
    "While the organization waits, it is tried again by itself. Where it has ended, launch it again later.",
    Retry.AUTOMATIC,
)
LOGIN_THROTTLED = Explanation(
    "login_throttled",
    "Login host is throttling",
    "The login host asked us to slow down.",
    "While the organization waits, it is tried again by itself. Where it has ended, launch it again later.",
    Retry.AUTOMATIC,
)
LOGIN_UNREADABLE = Explanation(
    "login_unreadable",
    "Login host's answer is unreadable",
    "Something between the worker and the login host answered with a page instead of a token: a proxy or a portal.",
    "Check whether a proxy or firewall intercepts the connection to the login host.",
    Retry.LATER,
)
LOGIN_REFUSED = Explanation(
    "login_refused",
    "Login host refused the request",
    "The login host refused with a code that Signalbox does not know.",
    "Read Microsoft's own text and look the code up on Microsoft's error page; quote the correlation id to support.",
    Retry.AFTER_FIX,
)
WRONG_ORGANIZATION = Explanation(
    "wrong_organization",
    "Token belongs to another organization",
    "The token that came back is for another tenant than the one that the cmdlet is meant for. It was not used: with "
    "it, the cmdlet would have run in the wrong organization.",
    "Check the tenant id of the organization and how the token is obtained, and report this as a security event.",
    Retry.NEVER,
)
UNREADABLE_TOKEN = Explanation(
    "unreadable_token",
    "Token does not name its organization",
    "The token cannot be read, so it is not certain which organization it belongs to. It was not used.",
    "Check whether something between the worker and the login host alters its answers, and report this as a security "
    "event.",
    Retry.NEVER,
)
WRONG_AUDIENCE = Explanation(
    "wrong_audience",
    "Token is for another service",
    "The token was issued for another service than the one that it was asked for, which would refuse it.",
    "Compare the environment on the organization's page with the cloud that it is in; tell an administrator if they "
    "differ.",
    Retry.AFTER_FIX,
)
MISSING_PERMISSION = Explanation(
    "permission_missing_in_token",
    "Exchange permission missing in token",
    "The token lacks the permission without which Exchange refuses every cmdlet: Exchange.ManageAsApp for app-only, "
    "Exchange.Manage for a signed-in account.",
    "Add the permission to the app registration and grant the consent in this organization again.",
    Retry.AFTER_FIX,
)
TOKEN_EXPIRED = Explanation(
    "token_expired",
    "Token has expired",
    "The token ends in less than two minutes, too soon to rely on. No cmdlet ran.",
    "Launch it again, which asks for a new token; if it returns, check the clock of the worker.",
    Retry.AFTER_FIX,
)
