"""The rows F1 to F68 of exchange-protocol.md 5, written down by hand: what each is, whether a retry helps, what ran."""

import pytest

from portal.core.explanations import DidItRun, Retry, known_explanation, known_explanations

AUTO, LATER, FIX, NEVER = Retry.AUTOMATIC, Retry.LATER, Retry.AFTER_FIX, Retry.NEVER
NO, YES, MAYBE = DidItRun.NO, DidItRun.YES, DidItRun.MAYBE

ROWS: list[tuple[str, str, Retry, DidItRun]] = [
    ("F1", "no_consent", FIX, NO),
    ("F2", "app_not_found", FIX, NO),
    ("F3", "organization_not_found", NEVER, NO),
    ("F4", "client_secret_wrong", FIX, NO),
    ("F4", "client_secret_expired", FIX, NO),
    ("F5", "certificate_not_accepted", LATER, NO),
    ("F6", "mfa_required", FIX, NO),
    ("F7", "no_gdap_access", FIX, NO),
    ("F7", "account_not_in_directory", FIX, NO),
    ("F8", "conditional_access_blocked", FIX, NO),
    ("F9", "no_exchange_in_organization", NEVER, NO),
    ("F9", "subscription_lapsed", FIX, NO),
    ("F9", "permission_missing_in_registration", FIX, NO),
    ("F10", "stored_sign_in_expired", FIX, NO),
    ("F10", "stored_sign_in_invalid", FIX, NO),
    ("F10", "sign_in_revoked", FIX, NO),
    ("F11", "login_throttled", AUTO, NO),
    ("F11", "login_unavailable", AUTO, NO),
    ("F12", "login_loop_detected", LATER, NO),
    ("F13", "partner_consent_missing", FIX, NO),
    ("F14", "partner_blocked_by_microsoft", NEVER, NO),
    ("F15", "device_code_pending", LATER, NO),
    ("F15", "device_code_expired", FIX, NO),
    ("F15", "device_sign_in_declined", FIX, NO),
    ("F16", "managed_identity_missing", FIX, NO),
    ("F16", "managed_identity_unavailable", AUTO, NO),
    ("F17", "wrong_organization", NEVER, NO),
    ("F17", "wrong_organization_answered", NEVER, YES),
    ("F18", "old_refusal_repeated", LATER, NO),
    ("F19", "consent_already_present", NEVER, NO),
    ("F20", "partner_sign_in_too_weak", FIX, NO),
    ("F21", "mapped_group_deleted", FIX, NO),
    ("F22", "changed_meanwhile", AUTO, NO),
    ("F23", "relationship_ended", NEVER, NO),
    ("F24", "partner_sign_in_too_weak", FIX, NO),
    ("F25", "assignment_stuck", LATER, NO),
    ("F26", "gdap_mapping_incomplete", FIX, NO),
    ("F27", "token_refused", FIX, NO),
    ("F28", "session_revoked", FIX, NO),
    ("F29", "role_missing", FIX, NO),
    ("F30", "rbac_denied", FIX, NO),
    ("F31", "cmdlet_not_granted", FIX, NO),
    ("F32", "app_role_unsupported", FIX, NO),
    ("F33", "parameter_not_granted", NEVER, NO),
    ("F34", "out_of_write_scope", NEVER, NO),
    ("F35", "cmdlet_absent", FIX, NO),
    ("F36", "unknown_parameter", NEVER, NO),
    ("F37", "bad_value", NEVER, NO),
    ("F38", "encoding_fault", NEVER, NO),
    ("F39", "object_not_found", NEVER, NO),
    ("F40", "already_exists", NEVER, NO),
    ("F41", "no_change_needed", NEVER, NO),
    ("F42", "organization_dehydrated", FIX, NO),
    ("F43", "page_expired", AUTO, NO),
    ("F44", "data_refused", NEVER, NO),
    ("F45", "wrong_address", NEVER, NO),
    ("F46", "redirect_refused", NEVER, NO),
    ("F47", "throttled", AUTO, NO),
    ("F47", "throttled_too_long", LATER, NO),
    ("F48", "service_unavailable", AUTO, MAYBE),
    ("F49", "gateway_timeout", AUTO, MAYBE),
    ("F50", "directory_unavailable", AUTO, MAYBE),
    ("F51", "server_busy", AUTO, NO),
    ("F51", "storage_disturbed", AUTO, MAYBE),
    ("F52", "server_side_error", AUTO, MAYBE),
    ("F53", "no_answer_in_time", AUTO, MAYBE),
    ("F54", "connection_lost", AUTO, MAYBE),
    ("F55", "unreachable", AUTO, NO),
    ("F56", "sending_interrupted", AUTO, MAYBE),
    ("F57", "false_compression", NEVER, NO),
    ("F58", "unreadable_answer", AUTO, MAYBE),
    ("F59", "partly_done", FIX, YES),
    ("F60", "incomplete_answer", AUTO, YES),
    ("F61", "empty_for_wrong_value", NEVER, YES),
    ("F62", "confirmation_pending", FIX, NO),
    ("F63", "micro_delay", NEVER, YES),
    ("F64", "batch_incomplete", FIX, MAYBE),
    ("F65", "batch_incomplete", FIX, MAYBE),
    ("F66", "batch_incomplete", FIX, MAYBE),
    ("F67", "incomplete_answer", AUTO, YES),
    ("F68", "runspace_limit", LATER, NO),
]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_a_failure_mode_is_explained(row: tuple[str, str, Retry, DidItRun]) -> None:
    mode, error_class, retry, did_it_run = row
    explanation = known_explanation(error_class)

    assert explanation
    assert mode in explanation.failure_modes
    assert (explanation.retry, explanation.did_it_run) == (retry, did_it_run)


def test_every_failure_mode_is_in_the_table_and_no_other() -> None:
    named = {(mode, each.error_class) for each in known_explanations() for mode in each.failure_modes}

    assert named == {(mode, error_class) for mode, error_class, _, _ in ROWS}
    assert {mode for mode, _ in named} == {f"F{number}" for number in range(1, 69)}
