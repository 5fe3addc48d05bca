"""The signature of an approval: whoever can write to the database alone cannot make one."""

import hmac
import json
from functools import lru_cache

from jobs.approvals.models import Approval
from portal.core.secrets.fingerprints import purpose_key


def sign(approval: Approval) -> None:
    """Put the signature onto an approval that is complete."""
    approval.signature = _digest(_content(approval))


def is_signed(approval: Approval) -> bool:
    """Whether the signature of `approval` was made here, for exactly what it says."""
    return _holds(_content(approval), approval.signature)


def _content(approval: Approval) -> bytes:
    """Return everything that counts, in one form."""
    facts = [
        str(approval.pk),
        str(approval.request_id),
        approval.kind,
        approval.person_id,
        approval.human,
        approval.requester_human,
        approval.plan_hash,
        approval.comment,
        approval.stepped_up_at.timestamp() if approval.stepped_up_at else None,
        approval.given_at.timestamp(),
    ]
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=1024)
def _holds(content: bytes, signature: str) -> bool:
    return hmac.compare_digest(_digest(content), signature)


def _digest(content: bytes) -> str:
    return hmac.digest(purpose_key("approval").reveal(), content, "sha256").hex()
