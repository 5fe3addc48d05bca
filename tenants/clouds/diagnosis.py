"""Why a login host refused: is the organization in another cloud than the one that was asked?"""

from dataclasses import replace

from portal.core.refusals import Refused
from tenants.clouds.detection import look_up
from tenants.organizations.clouds import wrong_cloud
from tenants.tokens.explanations import ORGANIZATION
from tenants.tokens.failures import TokenFailure

WRONG_CLOUD = ORGANIZATION["wrong_cloud"]
_SUSPICIOUS = frozenset({WRONG_CLOUD.error_class, "organization_not_found", "app_not_found", "login_refused"})


def diagnosed(failure: TokenFailure, *, tenant_id: str, entered: str, name: str) -> tuple[TokenFailure, str]:
    """Return the failure as the detected cloud explains it, and that cloud; empty where it explains nothing.

    `entered` is the environment that was asked, `name` what people call the organization. What may mean a wrong cloud
    is AADSTS900384, 900382, 90038, 90002 and 700016; the login hosts are asked for anything like that only.
    """
    if failure.explanation.error_class not in _SUSPICIOUS:
        return failure, ""
    try:
        detected = look_up(tenant_id).environment
    except Refused:
        return failure, ""
    diagnosis = wrong_cloud(name, detected=detected, entered=entered)
    if diagnosis is None:
        return failure, detected
    explained = TokenFailure(
        replace(WRONG_CLOUD, meaning=diagnosis.fact, fix=str(diagnosis)),
        code=failure.code,
        text=f"{diagnosis} {failure.text}",
        correlation_id=failure.correlation_id,
        trace_id=failure.trace_id,
    )
    return explained, detected
