"""Exchange answered and said no (exchange-protocol.md 5.3 and 5.4, F27-F45): the failures that the code names."""

from pathlib import Path

from portal.core.explanation_files import read_explanations

REFUSALS = read_explanations(Path(__file__).with_name("refusals.toml"))

TOKEN_REFUSED = REFUSALS["token_refused"]
SESSION_REVOKED = REFUSALS["session_revoked"]
ROLE_MISSING = REFUSALS["role_missing"]
RBAC_DENIED = REFUSALS["rbac_denied"]
APP_ROLE_UNSUPPORTED = REFUSALS["app_role_unsupported"]
PARAMETER_NOT_GRANTED = REFUSALS["parameter_not_granted"]
NO_PROTECTION_KEY = REFUSALS["no_protection_key"]
CMDLET_ABSENT = REFUSALS["cmdlet_absent"]
OBJECT_NOT_FOUND = REFUSALS["object_not_found"]
ALREADY_EXISTS = REFUSALS["already_exists"]
NO_CHANGE_NEEDED = REFUSALS["no_change_needed"]
WRONG_ADDRESS = REFUSALS["wrong_address"]
WRONG_ORGANIZATION_ANSWERED = REFUSALS["wrong_organization_answered"]
CMDLET_REFUSED = REFUSALS["cmdlet_refused"]
REQUEST_REFUSED = REFUSALS["request_refused"]
CONFIRMATION_PENDING = REFUSALS["confirmation_pending"]
