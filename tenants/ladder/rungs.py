"""The rungs by which one gets into an organization, and on which of them each kind of failure happens."""

from collections.abc import Mapping
from enum import StrEnum


class Rung(StrEnum):
    """One step on the way from a relationship to a cmdlet, the first one first."""

    RELATIONSHIP = "relationship"
    ROLE = "role"
    CONSENT = "consent"
    TOKEN = "token"  # noqa: S105 - the name of a rung
    EXCHANGE = "exchange"
    CMDLET = "cmdlet"


class Beside(StrEnum):
    """A failure that happens on no rung."""

    ANSWERED = "answered"  # Exchange looked at the cmdlet and its parameters, so every rung holds
    NOTHING = "nothing"  # a disturbance, or a fault of ours: it says nothing about this organization


TITLES: Mapping[Rung, str] = {
    Rung.RELATIONSHIP: "Relationship",
    Rung.ROLE: "Role",
    Rung.CONSENT: "Consent",
    Rung.TOKEN: "Token",
    Rung.EXCHANGE: "Exchange",
    Rung.CMDLET: "Cmdlet",
}

_CLASSES: Mapping[Rung | Beside, tuple[str, ...]] = {
    Rung.RELATIONSHIP: (
        "organization_vanished",
        "no_gdap_access",
        "account_not_in_directory",
        "cross_tenant_access_blocked",
        "organization_not_found",
        "organization_unavailable",
        "wrong_cloud",
        "wrong_environment",
        "own_organization",
    ),
    Rung.ROLE: ("role_missing", "app_role_unsupported"),
    Rung.CONSENT: (
        "no_consent",
        "consent_declined",
        "consent_still_spreading",
        "admin_consent_required",
        "partner_consent_missing",
        "app_not_found",
        "app_disabled_in_organization",
        "app_assignment_required",
        "service_principal_missing",
        "permission_missing_in_token",
        "permission_missing_in_registration",
        "first_party_not_preauthorized",
        "app_single_tenant",
    ),
    Rung.TOKEN: (
        "no_usable_certificate",
        "no_connection_profile",
        "no_partner_sign_in",
        "sign_in_ended",
        "managed_identity_missing",
        "certificate_not_accepted",
        "clock_wrong",
        "client_secret_wrong",
        "client_secret_expired",
        "client_type_mismatch",
        "app_misconfigured",
        "service_account_locked",
        "service_account_password_expired",
        "service_account_disabled",
        "wrong_password",
        "mfa_required",
        "external_challenge",
        "sign_in_revoked",
        "stored_sign_in_invalid",
        "stored_sign_in_expired",
        "code_for_other_tenant",
        "device_code_pending",
        "device_code_expired",
        "device_sign_in_declined",
        "conditional_access_blocked",
        "partner_blocked_by_microsoft",
        "login_loop_detected",
        "login_request_incomplete",
        "login_request_malformed",
        "login_refused",
        "scope_invalid",
        "secret_unreadable",
        "wrong_organization",
        "wrong_audience",
        "unreadable_token",
        "token_expired",
        "managed_identity_missing",
        "sign_in_ended",
    ),
    Rung.EXCHANGE: (
        "no_exchange_in_organization",
        "subscription_lapsed",
        "token_refused",
        "session_revoked",
        "wrong_address",
        "request_refused",
        "redirect_refused",
        "unreachable",
        "initial_domain_missing",
        "no_protection_key",
        "wrong_organization_answered",
    ),
    Rung.CMDLET: (
        "cmdlet_absent",
        "cmdlet_not_granted",
        "rbac_denied",
        "parameter_not_granted",
        "out_of_write_scope",
        "organization_dehydrated",
    ),
    Beside.ANSWERED: (
        "unknown_parameter",
        "bad_value",
        "encoding_fault",
        "object_not_found",
        "already_exists",
        "no_change_needed",
        "data_refused",
        "cmdlet_refused",
        "confirmation_pending",
        "partly_done",
        "answer_too_large",
        "incomplete_answer",
        "page_expired",
    ),
    Beside.NOTHING: (
        "throttled",
        "service_unavailable",
        "gateway_timeout",
        "directory_unavailable",
        "server_busy",
        "storage_disturbed",
        "server_side_error",
        "no_answer_in_time",
        "connection_lost",
        "sending_interrupted",
        "unreadable_answer",
        "login_unavailable",
        "login_throttled",
        "login_unreachable",
        "login_unreadable",
        "managed_identity_unavailable",
        "old_refusal_repeated",
        "runspace_limit",
        "not_allowed",
        "plan_changed",
        "service_not_known",
        "profile_changed",
        "managed_identity_unavailable",
        "secrets_erased",
        "worker_lost",
        "workers_lost",
        "worker_lost_after_sending",
        "step_failed",
        "throttled_too_long",
        "database_away",
        "held",
        "identity_paused",
        "signalbox_fault",
    ),
}
RUNG_OF: Mapping[str, Rung | Beside] = {
    error_class: rung for rung, classes in _CLASSES.items() for error_class in classes
}
"""Every error class that can be met, with the rung on which it happens."""

REFUSALS = (*_CLASSES[Rung.CMDLET], *_CLASSES[Rung.ROLE])
"""The error classes with which Exchange says that a cmdlet is not for us."""


def rung_of(error_class: str) -> Rung | Beside:
    """Return where a failure happens; one that nobody has placed yet is Exchange's own no."""
    return RUNG_OF.get(error_class, Rung.EXCHANGE)
