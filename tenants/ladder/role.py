"""The rung of the role: who needs one, by which right, and what is known of it before Exchange is asked."""

from collections.abc import Mapping, Sequence

from tenants.ladder.rights import Right, WayIn
from tenants.ladder.rungs import Rung
from tenants.ladder.steps import BAD, GOOD, UNKNOWN, Step, broken, fails_on, is_reachable
from tenants.organizations.models import Organization, RelationshipState
from tenants.relationships.reach import Reach, reach_of
from tenants.relationships.selectors import RelationshipView

_RUNG = Rung.ROLE
_NEEDED: Mapping[Right, str] = {
    Right.CSP: "{identity} needs a role, and the reseller relationship alone grants none. Only Exchange can tell "
    "whether it is there.",
    Right.GUEST: "{identity} needs a role in the customer's directory. Only Exchange can tell whether it is there.",
    Right.OWN_ACCOUNT: "The account needs a role in its own organization. Only Exchange can tell whether it is there.",
    Right.MANAGED_IDENTITY: "{identity} needs a role assignment of its own in the tenant that it belongs to. Only "
    "Exchange can tell whether it is there.",
    Right.ACCESS_TOKEN: "Only Exchange can tell which role the identity behind the access token holds.",
}
_FIXES: Mapping[Right, str] = {
    Right.GDAP: "Check the roles of the relationship's access assignments; a new one takes some minutes.",
    Right.CSP: "Have the customer approve a role such as Exchange Administrator for the account: the reseller "
    "relationship alone grants none.",
    Right.GUEST: "Have the customer give the guest a role such as Exchange Administrator in its directory, then wait "
    "some minutes.",
    Right.OWN_ACCOUNT: "Give the account a role such as Exchange Administrator in this organization, then wait some "
    "minutes.",
    Right.MANAGED_IDENTITY: "In Entra, assign the managed identity a role such as Exchange Administrator, then wait "
    "some minutes.",
    Right.ACCESS_TOKEN: "Give the identity behind the access token a role such as Exchange Administrator, or hand in "
    "the token of another.",
}


def role_step(organization: Organization, relationships: Sequence[RelationshipView], way: WayIn | None) -> Step:
    """Return the step of `organization`; `way` is None where no connection profile applies."""
    if fails_on(organization, _RUNG):
        return _broken(organization, relationships, way)
    if way is None:
        return Step(_RUNG, UNKNOWN, "Not known: no connection profile applies.")
    if is_reachable(organization) and not way.is_personal:
        if way.right is Right.CONSENT:
            return Step(_RUNG, GOOD, "Exchange accepted the application's role.")
        return Step(_RUNG, GOOD, f"{way.identity} holds a role that Exchange accepted.")
    if way.right is Right.CONSENT:
        delegated = reach_of(organization, relationships)
        return Step(
            _RUNG,
            UNKNOWN,
            f"Only Exchange can tell which role the application holds. The service account: {delegated.answer}",
            delegated.fix,
        )
    if way.right is Right.GDAP and organization.relationship_state != RelationshipState.ACTIVE:
        return Step(_RUNG, UNKNOWN, "Hangs on the relationship, which is not in force.")
    if way.right is Right.GDAP:
        return _through_gdap(way, reach_of(organization, relationships))
    return Step(_RUNG, UNKNOWN, _NEEDED[way.right].format(identity=way.identity))


def _broken(organization: Organization, relationships: Sequence[RelationshipView], way: WayIn | None) -> Step:
    if way is None or way.right is Right.CONSENT or organization.reachability_class != "role_missing":
        return broken(organization, _RUNG)
    reach = reach_of(organization, relationships) if way.right is Right.GDAP else None
    lacking = (reach.through_groups.fix if way.is_personal else reach.fix) if reach else ""
    return broken(organization, _RUNG, fix=lacking or _FIXES[way.right])


def _through_gdap(way: WayIn, reach: Reach) -> Step:
    if not way.is_personal:
        return Step(_RUNG, reach.state, reach.answer, reach.fix)
    link = reach.through_groups
    if link.state == BAD:
        return Step(_RUNG, BAD, f"{link.title}: {link.fact}", link.fix)
    return Step(
        _RUNG, UNKNOWN, f"{way.identity} has to belong to one of the partner's security groups, which hold {link.fact}"
    )
