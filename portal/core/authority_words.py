"""Decisions in words: what decided, and what somebody can do about it."""

from portal.core.authority import Decision, Rule

_WORDS = {
    Rule.ALLOWED: "The role {role} allows it.",
    Rule.PERMISSION_MISSING: "No role with this permission is held. Ask an administrator for one.",
    Rule.GRANT_ENDED: "The role {role} ended. Ask an administrator for a new one.",
    Rule.ORGANIZATION_UNKNOWN: "There is no such organization.",
    Rule.SCOPE_OUTSIDE: "The role {role} does not reach this organization. Ask an administrator for one that does.",
    Rule.ORGANIZATION_VANISHED: "The organization is no longer among the partner's customers.",
    Rule.PARTNERS_OWN: "The role {role} leaves the partner's own organization alone.",
    Rule.RISK: "The role {role} does not allow cmdlets of the risk “{detail}”.",
    Rule.VERB: "The role {role} does not allow cmdlets that begin with “{detail}-”.",
    Rule.CMDLET: "The role {role} does not allow the cmdlet {detail}.",
    Rule.PARAMETER: "The role {role} does not allow the parameter -{detail}.",
    Rule.CMDLET_UNKNOWN: "The cmdlet {detail} is not in the catalogue any more.",
    Rule.APPROVAL_MISSING: "No approval of exactly this plan, by another person who may approve it here, holds now.",
}


def in_words(decision: Decision) -> str:
    """Return the sentence that says which rule decided."""
    role = f"“{decision.grant.role}”" if decision.grant else "that is held"
    return _WORDS[decision.rule].format(role=role, detail=decision.detail)
