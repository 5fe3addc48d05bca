"""Exchange could not be asked, or its answer was lost (exchange-protocol.md 5.5, F43 and F46-F67)."""

from portal.core.explanations import Explanation, Retry

_TRIED_AGAIN = "While the organization waits, it is tried again by itself. Where it has ended, launch it again later."
_LOOK_FIRST = (
    "A read is tried again by itself, a few times. Whether a change was carried out is not known until a person has "
    "looked in the organization: look before anybody sends it again."
)

REDIRECT_REFUSED = Explanation(
    "redirect_refused",
    "Redirected to a foreign address",
    "Exchange pointed to an address that is not on the list of Microsoft's hosts, or in a circle. No token was sent.",
    "Check the environment of the organization; if it is right, report the address as a security event.",
    Retry.NEVER,
)
THROTTLED = Explanation(
    "throttled",
    "Exchange is throttling",
    "Too many requests for this organization or application. The cmdlet was turned away before it ran.",
    _TRIED_AGAIN,
    Retry.AUTOMATIC,
)
SERVICE_UNAVAILABLE = Explanation(
    "service_unavailable",
    "Exchange is not available",
    "Exchange's front door answered that the service is not available now. The cmdlet most likely did not run, but "
    "that is not certain.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
GATEWAY_TIMEOUT = Explanation(
    "gateway_timeout",
    "Exchange took too long",
    "Exchange's front door stopped waiting for the server that was running the cmdlet, which may have completed.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
DIRECTORY_UNAVAILABLE = Explanation(
    "directory_unavailable",
    "Exchange's directory is not available",
    "Exchange could not reach its own directory at that moment.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
SERVER_BUSY = Explanation(
    "server_busy",
    "Exchange's server is busy",
    "A server of Exchange is overloaded, in maintenance or changing over, and turned the cmdlet away.",
    _TRIED_AGAIN,
    Retry.AUTOMATIC,
)
STORAGE_DISTURBED = Explanation(
    "storage_disturbed",
    "Mailbox storage is disturbed",
    "The mailbox database had a passing disturbance while the cmdlet was running.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
SERVER_SIDE_ERROR = Explanation(
    "server_side_error",
    "Error on Exchange's side",
    "Something broke on Exchange's side. How far the cmdlet got is not known.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
NO_ANSWER_IN_TIME = Explanation(
    "no_answer_in_time",
    "No answer in time",
    "Exchange did not answer within the time allowed for this cmdlet, and may still be working on it.",
    "Narrow a read with a filter. After a change, look in the organization before anybody sends it again.",
    Retry.AUTOMATIC,
)
CONNECTION_LOST = Explanation(
    "connection_lost",
    "Connection broke, answer lost",
    "The connection broke after the cmdlet had been sent and before its whole answer had arrived.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
UNREACHABLE = Explanation(
    "unreachable",
    "Exchange cannot be reached",
    "No connection to Exchange could be made: name resolution, network, firewall or certificate. Nothing was sent.",
    "Check network, DNS and firewall between the worker and Exchange.",
    Retry.AUTOMATIC,
)
SENDING_INTERRUPTED = Explanation(
    "sending_interrupted",
    "Sending was interrupted",
    "The connection broke while the cmdlet was being sent. Exchange may or may not have received all of it.",
    _LOOK_FIRST,
    Retry.AUTOMATIC,
)
UNREADABLE_ANSWER = Explanation(
    "unreadable_answer",
    "Answer is unreadable",
    "Exchange reported success, but what arrived is not an answer of Exchange, so the result is not known.",
    "Check whether a proxy intercepts the connection. After a change, look in the organization before anybody sends "
    "it again.",
    Retry.AUTOMATIC,
)
ANSWER_TOO_LARGE = Explanation(
    "answer_too_large",
    "Answer is too large",
    "The answer is larger than Signalbox accepts in one page.",
    "Ask for fewer properties or fewer objects.",
    Retry.NEVER,
)
INCOMPLETE_ANSWER = Explanation(
    "incomplete_answer",
    "Not all objects were returned",
    "All objects were asked for, but a part is missing. A part is not shown as if it were the whole.",
    "Launch a read again; if a part is missing again, narrow it with a filter. A change was carried out all the same.",
    Retry.AUTOMATIC,
)
PAGE_EXPIRED = Explanation(
    "page_expired",
    "A page could not be continued",
    "Exchange no longer knew where the list had to go on, even after it was read again from the start.",
    "Try again later, or narrow the read with a filter so that it fits one page.",
    Retry.AUTOMATIC,
)
INITIAL_DOMAIN_MISSING = Explanation(
    "initial_domain_missing",
    "The onmicrosoft.com domain is not known",
    "Security & Compliance finds an organization only by its onmicrosoft.com domain, and Signalbox does not know the "
    "domain of this one. Nothing was sent.",
    "Read the organizations again; if the domain stays unknown, check the access to the organization.",
    Retry.AFTER_FIX,
)
