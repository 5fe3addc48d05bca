"""Audit actions by what they are about."""

from dataclasses import dataclass

from portal.audit.actions import AuditAction


@dataclass(frozen=True, slots=True)
class Category:
    """Some subjects of audit actions (`run` in `run.launched`) under one word."""

    word: str
    subjects: tuple[str, ...]


OTHER = "other"
CATEGORIES = {
    "runs": Category(
        "runs",
        ("run", "global_stop", "job", "schedule", "approval", "approval_request", "approval_policy", "emergency"),
    ),
    "cmdlets": Category("cmdlets", ("run_target", "cmdlet", "late_answer", "connection")),
    "organizations": Category("organizations", ("organization", "organization_group", "synchronization", "variable")),
    "access": Category(
        "access",
        (
            "partner",
            "partner_sign_in",
            "app_registration",
            "certificate",
            "connection_profile",
            "relationship",
            "consent",
            "root_key",
        ),
    ),
    "people": Category(
        "people",
        (
            "person",
            "role",
            "custom_role",
            "named_set",
            "sign_in",
            "personal_sign_in",
            "factor",
            "session",
            "permission",
        ),
    ),
    "exports": Category("exports", ("export",)),
    OTHER: Category("other", ()),
}
"""By the word in an address; `other` has whatever no category names."""


def actions_of(category: str) -> list[AuditAction]:
    """Return the actions of a category."""
    named = {subject for each in CATEGORIES.values() for subject in each.subjects}
    subjects = CATEGORIES[category].subjects
    return [
        action
        for action in AuditAction
        for subject in [action.value.partition(".")[0]]
        if (subject in subjects if subjects else subject not in named)
    ]
