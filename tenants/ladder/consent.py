"""The rung of the consent: whether the profile that applies needs one, and whether Entra showed that it is there."""

from tenants.ladder.rights import Right, WayIn
from tenants.ladder.rungs import Rung
from tenants.ladder.steps import GOOD, UNKNOWN, Step, broken, checked, fails_on, is_proven
from tenants.organizations.models import Organization
from tenants.profiles.methods import Method

_RUNG = Rung.CONSENT


def consent_step(organization: Organization, way: WayIn | None) -> Step:
    """Return the step of `organization`; `way` is None where no connection profile applies."""
    if fails_on(organization, _RUNG):
        return broken(organization, _RUNG)
    if way is None:
        return Step(_RUNG, UNKNOWN, "Not known: no connection profile applies.")
    if way.is_personal:
        return Step(_RUNG, UNKNOWN, _of_person(Method(way.profile.method)))
    proven = is_proven(organization, _RUNG)
    if way.right is Right.ACCESS_TOKEN:
        words = "None is asked for now: the access token that was handed in carries what was granted."
        return Step(_RUNG, GOOD if proven else UNKNOWN, words)
    if proven:
        return Step(_RUNG, GOOD, f"Entra issued a token {checked(organization)}.")
    if way.right is Right.MANAGED_IDENTITY:
        words = "A managed identity needs no consent, but the permission Exchange.ManageAsApp, assigned to it in Entra."
        return Step(_RUNG, UNKNOWN, words)
    return Step(_RUNG, UNKNOWN, "Not known: Entra tells only when a token is asked for.")


def _of_person(method: Method) -> str:
    if method is Method.INTERACTIVE:
        return "Not known: Entra tells only when a person signs in."
    return "None is needed: Microsoft's own client of Exchange Online PowerShell signs in."
