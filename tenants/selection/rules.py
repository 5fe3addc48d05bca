"""From the filter of a list to the rule of a group."""

from tenants.groups.rules import Condition, Rule
from tenants.selection.filters import OrganizationFilter

_FIELDS = {"ends_within": ("ends", "within"), "variable": ("variable", "is_set")}


def as_rule(wanted: OrganizationFilter) -> Rule | None:
    """Return the rule that keeps what `wanted` keeps; None when there is none, as for “or” within “and”."""
    several = [values for values in wanted.values.values() if len(values) > 1]
    if not wanted or (several and (wanted.text or len(wanted.values) > 1)):
        return None
    if "profile" in wanted.values:  # groups decide about profiles, so a profile never decides about a group
        return None
    if "may_run" in wanted.values:  # a rule must not change with every connection test
        return None
    if any(wanted.scope.groups[group_id].is_by_rule for group_id in wanted.values.get("group", ())):
        return None
    text = [Condition("called", "contains", wanted.text)] if wanted.text else []
    facets = [_condition(key, value) for key, values in wanted.values.items() for value in values]
    return Rule("any" if several else "all", (*text, *facets))


def _condition(key: str, value: str) -> Condition:
    field, operator = _FIELDS.get(key, (key, "is"))
    if field == "variable":
        return Condition(field, operator, "", value)
    return Condition(field, operator, value)
