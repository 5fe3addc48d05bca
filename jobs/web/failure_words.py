"""What a failure's facts mean, in words."""

from portal.core.explanations import DidItRun, Explanation, Retry, Who

WHO = {
    Who.YOU: "You",
    Who.PARTNER_ADMINISTRATOR: "Partner administrator",
    Who.CUSTOMER_ADMINISTRATOR: "Customer's Global Administrator",
    Who.MICROSOFT_SUPPORT: "Microsoft support",
    Who.NOBODY: "Nobody",
}
RETRY = {
    Retry.AUTOMATIC: "By itself",
    Retry.LATER: "Later",
    Retry.AFTER_FIX: "After the fix",
    Retry.NEVER: "No use",
}
DID_IT_RUN = {
    DidItRun.NO: "No",
    DidItRun.YES: "Yes",
    DidItRun.MAYBE: "Maybe",
}
_RETRY_SENTENCES = {
    Retry.AUTOMATIC: "Yes. While the organization waits, it is tried again by itself; a change only where it surely "
    "did not run.",
    Retry.LATER: "Yes, after some time.",
    Retry.AFTER_FIX: "Only after somebody mended the cause.",
    Retry.NEVER: "No: the same request gets the same answer.",
}
_RAN_SENTENCES = {
    DidItRun.NO: "No. The cmdlet was not carried out.",
    DidItRun.YES: "Yes, fully or in part.",
    DidItRun.MAYBE: "Perhaps. A change is looked up by itself before it may be sent again.",
}


def retry_sentence(explanation: Explanation) -> str:
    """Return whether a retry helps."""
    if explanation.who is Who.NOBODY and explanation.retry is Retry.NEVER:
        return "None is needed."
    return _RETRY_SENTENCES[explanation.retry]


def ran_sentence(explanation: Explanation) -> str:
    """Return whether anything was carried out."""
    return _RAN_SENTENCES[explanation.did_it_run]
