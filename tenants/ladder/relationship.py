"""The rung of the relationship: which one the right of the connection profile hangs on, and whether it is there."""

from collections.abc import Mapping

from django.utils import timezone

from portal.core.templatetags.presentation import counted, day, days_left
from tenants.ladder.rights import Right, WayIn
from tenants.ladder.rungs import Rung
from tenants.ladder.steps import BAD, GOOD, UNKNOWN, Step, broken, fails_on, is_proven, is_reachable
from tenants.organizations.clouds import wrong_cloud_of
from tenants.organizations.models import Organization, RelationshipState

_RUNG = Rung.RELATIONSHIP
_ACCOUNT_UNKNOWN = ("no_gdap_access", "account_not_in_directory")
_UNKNOWN_THROUGH: Mapping[Right, tuple[str, str]] = {
    Right.CSP: (
        "Microsoft finds no right of the account through CSP",
        "Check in Partner Center that the organization is still a reseller customer, and in Entra that the account "
        "belongs to AdminAgents.",
    ),
    Right.GUEST: (
        "The account is no guest in the customer's directory",
        "Have the customer invite the account as a guest, and give it a role such as Exchange Administrator there.",
    ),
}
_NOT_NEEDED: Mapping[Right, str] = {
    Right.GUEST: "{identity} gets in as a guest: by an invitation into the customer's directory, and a role there.",
    Right.OWN_ACCOUNT: "{identity} signs in with an account of the organization itself.",
    Right.MANAGED_IDENTITY: "A managed identity belongs to one tenant, and gets in there only.",
    Right.ACCESS_TOKEN: "The access token that was handed in was issued for one organization, with what its owner may.",
}


def relationship_step(organization: Organization, way: WayIn | None) -> Step:
    """Return the step of `organization`; `way` is None where no connection profile applies."""
    diagnosis = wrong_cloud_of(organization)
    if diagnosis:
        return Step(_RUNG, BAD, diagnosis.fact, diagnosis.fix)
    if fails_on(organization, _RUNG):
        return _broken(organization, way)
    if way is None:
        return _gdap(organization) or Step(_RUNG, UNKNOWN, _no_gdap(organization))
    if way.right is Right.CONSENT:
        return _gdap(organization) or _beside_consent(organization)
    if way.right is Right.GDAP:
        return _gdap(organization) or _missing(
            organization,
            way,
            _no_gdap(organization),
            "Have the customer's Global Administrator approve a delegated admin relationship (GDAP).",
        )
    if way.right is Right.CSP:
        return _csp(organization, way)
    proven = is_proven(organization, Rung.TOKEN) and not way.is_personal
    words = _NOT_NEEDED[way.right].format(identity=way.identity)
    return Step(_RUNG, GOOD if proven else UNKNOWN, f"No relationship is needed. {words}")


def _broken(organization: Organization, way: WayIn | None) -> Step:
    if way is None or way.is_personal or organization.reachability_class not in _ACCOUNT_UNKNOWN:
        return broken(organization, _RUNG)
    reason, fix = _UNKNOWN_THROUGH.get(way.right, ("", ""))
    return broken(organization, _RUNG, reason=reason, fix=fix)


def _gdap(organization: Organization) -> Step | None:
    if organization.relationship_state != RelationshipState.ACTIVE:
        return None
    end = organization.relationship_ends_at
    then = ", then it extends itself" if organization.relationship_extends else ""
    left = f", {counted(days_left(end), 'day')} left{then}" if end else ""
    return Step(_RUNG, GOOD, f"GDAP is active{left}.")


def _no_gdap(organization: Organization) -> str:
    return {
        RelationshipState.PENDING: "GDAP waits for the customer's approval.",
        RelationshipState.ENDED: _ended(organization),
    }.get(RelationshipState(organization.relationship_state), "There is no GDAP relationship.")


def _ended(organization: Organization) -> str:
    end = organization.relationship_ends_at
    if end is None:
        return "GDAP ended."
    return f"GDAP ended on {day(end)}." if end <= timezone.now() else "GDAP was ended before its time."


def _beside_consent(organization: Organization) -> Step:
    fact = _no_gdap(organization)
    if fails_on(organization, Rung.CONSENT):
        return Step(
            _RUNG,
            BAD,
            f"{fact} Without it, consent cannot be granted through Partner Center.",
            "Have the customer approve a delegated admin relationship, then grant the consent; or have the customer's "
            "Global Administrator consent to the application.",
        )
    return Step(_RUNG, UNKNOWN, f"{fact} The application itself gets in without it, by its consent.")


def _csp(organization: Organization, way: WayIn) -> Step:
    partner = organization.partner
    if organization.is_reseller_customer:
        return Step(_RUNG, GOOD, f"It is a reseller customer (CSP) of {partner}.")
    return _missing(
        organization,
        way,
        f"It is no reseller customer (CSP) of {partner}.",
        "Have the customer accept a reseller relationship in Partner Center, or assign a profile that gets in "
        "otherwise.",
    )


def _missing(organization: Organization, way: WayIn, fact: str, fix: str) -> Step:
    if is_reachable(organization) and not way.is_personal:
        return Step(_RUNG, UNKNOWN, f"{fact} {way.identity} got in all the same.")
    return Step(_RUNG, BAD, f"{fact} {way.identity} does not get in without it.", fix)
