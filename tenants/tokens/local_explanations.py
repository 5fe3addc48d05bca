"""Failures around tokens that the code itself tells: the network, msal's surroundings, and our own guards."""

from pathlib import Path

from portal.core.explanation_files import read_explanations

TOKENS = read_explanations(Path(__file__).with_name("tokens.toml"))

LOGIN_UNREACHABLE = TOKENS["login_unreachable"]
LOGIN_UNAVAILABLE = TOKENS["login_unavailable"]
LOGIN_THROTTLED = TOKENS["login_throttled"]
LOGIN_UNREADABLE = TOKENS["login_unreadable"]
LOGIN_REFUSED = TOKENS["login_refused"]
WRONG_ORGANIZATION = TOKENS["wrong_organization"]
UNREADABLE_TOKEN = TOKENS["unreadable_token"]
WRONG_AUDIENCE = TOKENS["wrong_audience"]
MISSING_PERMISSION = TOKENS["permission_missing_in_token"]
TOKEN_EXPIRED = TOKENS["token_expired"]
MANAGED_IDENTITY_MISSING = TOKENS["managed_identity_missing"]
MANAGED_IDENTITY_UNAVAILABLE = TOKENS["managed_identity_unavailable"]
SIGN_IN_ENDED = TOKENS["sign_in_ended"]
IDENTITY_PAUSED = TOKENS["identity_paused"]
