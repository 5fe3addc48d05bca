"""Grants in words: what somebody may do, where, until when, within which limits."""

from collections.abc import Mapping
from typing import Any

from portal.accounts.grants.models import GrantKind, RoleGrant
from portal.core.authority import ScopeKind

_LIMITS = {
    "cmdlets": "only {}",
    "verbs": "only cmdlets that begin with {}",
    "risks": "only of the risk {}",
    "parameters": "only with the parameters {}",
    "forbidden_parameters": "never with the parameters {}",
}


def where(grant: RoleGrant) -> str:
    """Return over what a grant holds."""
    if grant.scope_kind == ScopeKind.EVERYTHING:
        return "everything"
    kinds = {ScopeKind.PARTNER: "the partner", ScopeKind.GROUP: "the organization group", ScopeKind.ORGANIZATION: ""}
    return f"{kinds[ScopeKind(grant.scope_kind)]} {grant.scope_name}".strip()


def limits_in_words(limits: Mapping[str, Any], set_names: Mapping[int, str]) -> list[str]:
    """Return what narrows a grant, a few words each; `set_names` are the names of the named sets by id."""
    words = [said.format(", ".join(limits[key]) or "nothing") for key, said in _LIMITS.items() if key in limits]
    if "named_sets" in limits:
        names = [set_names.get(pk, "a set that was deleted") for pk in limits["named_sets"]]
        words.append(f"only cmdlets of {', '.join(names) or 'no set'}")
    if limits.get("spares_partners_own"):
        words.append("never in the partner's own organization")
    return words


def how(grant: RoleGrant) -> str:
    """Return how a grant holds, in a word or two."""
    return {GrantKind.STANDING: "holds", GrantKind.ELIGIBLE: "may elevate to", GrantKind.ELEVATION: "elevated to"}[
        GrantKind(grant.kind)
    ]
