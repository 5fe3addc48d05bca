"""Every way in which a target can end without success, in plain words: one table over engine, tokens and Exchange."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType

from jobs.exchange import disturbances, refusals
from portal.core.explanations import Explanation, Retry
from tenants.tokens import local_explanations
from tenants.tokens.explanations import BY_CODE

ENGINE = (
    Explanation(
        "organization_vanished",
        "Organization is no longer served",
        "The organization left the partner between review and launch. Nothing was sent.",
        "Read the organizations again. If it should still be there, check its relationship in Partner Center.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "plan_changed",
        "Plan was altered after review",
        "What is stored is not what was reviewed, so it was not carried out. Nothing was sent.",
        "Tell an administrator: somebody changed the run in the database. Draft the run again.",
        Retry.NEVER,
    ),
    Explanation(
        "no_usable_certificate",
        "No usable certificate",
        "The app registration has no certificate that is valid now. Nothing was sent.",
        "Upload a valid certificate under App registrations and add it to the application in Entra.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "secret_unreadable",
        "Stored secret cannot be opened",
        "A stored private key or secret parameter does not open with the present encryption key. Nothing was sent.",
        "Start the workers with the encryption key under which it was stored; or upload the certificate again, or "
        "launch again and type the secret anew.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "secrets_erased",
        "Secret parameter was erased",
        "The secret that this run needs is not stored any more, as after the end of a run. Nothing was sent.",
        "Launch again and type the secret anew.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "worker_lost",
        "Worker was lost",
        "The worker died or stood still before its answer was stored. What it had sent, if anything, only reads.",
        "While the organization waits, another worker takes over by itself. Where it has ended, launch it again.",
        Retry.AUTOMATIC,
    ),
    Explanation(
        "workers_lost",
        "Workers were lost again and again",
        "Every attempt ended with its worker gone before an answer was stored. Nothing was changed: either nothing was "
        "sent, or it only reads.",
        "Tell an administrator: the logs of the workers say why they ended. Then launch it again here.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "signalbox_fault",
        "A fault in Signalbox",
        "Something in Signalbox itself went wrong in this attempt. The outcome beside this says how sure we are.",
        "Tell an administrator: the log of the worker holds the cause.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "worker_lost_after_sending",
        "Worker was lost after sending",
        "The change was about to be sent, or was sent, when the worker died. Nobody knows whether it was carried out.",
        "Look at the object in the organization before you run the cmdlet again.",
        Retry.AFTER_FIX,
    ),
    Explanation(
        "partly_done",
        "Carried out only in part",
        "Exchange carried the cmdlet out and reported errors beside its answer.",
        "Read Microsoft's errors on the organization's page of this run, and see in the organization what was carried "
        "out, before you run the cmdlet again.",
        Retry.AFTER_FIX,
    ),
)
UNKNOWN_CLASS = Explanation(
    "unexplained",
    "Not explained yet",
    "This kind of failure is not in the table. Microsoft's own text, on the organization's page of the run, says more.",
    "Read Microsoft's text; if it stays unclear, pass the request id to Microsoft support.",
    Retry.AFTER_FIX,
)


def explanation_of(error_class: str) -> Explanation:
    """Return what `error_class` means; a class that is not in the table gets an answer that says so."""
    return _table().get(error_class, UNKNOWN_CLASS)


def every_explanation() -> Iterable[Explanation]:
    """Return the whole table."""
    return _table().values()


@cache
def _table() -> Mapping[str, Explanation]:
    found: list[Explanation] = [*ENGINE, *BY_CODE.values()]
    for module in (disturbances, refusals, local_explanations):
        found += _explanations_in(module)
    return {explanation.error_class: explanation for explanation in found}


def _explanations_in(module: ModuleType) -> Iterable[Explanation]:
    return (value for value in vars(module).values() if isinstance(value, Explanation))
