"""Exchange could not be asked, or its answer was lost (exchange-protocol.md 5.5): the failures that the code names."""

from pathlib import Path

from portal.core.explanation_files import read_explanations

DISTURBANCES = read_explanations(Path(__file__).with_name("disturbances.toml"))

REDIRECT_REFUSED = DISTURBANCES["redirect_refused"]
THROTTLED = DISTURBANCES["throttled"]
THROTTLED_TOO_LONG = DISTURBANCES["throttled_too_long"]
SERVICE_UNAVAILABLE = DISTURBANCES["service_unavailable"]
GATEWAY_TIMEOUT = DISTURBANCES["gateway_timeout"]
SERVER_SIDE_ERROR = DISTURBANCES["server_side_error"]
NO_ANSWER_IN_TIME = DISTURBANCES["no_answer_in_time"]
CONNECTION_LOST = DISTURBANCES["connection_lost"]
UNREACHABLE = DISTURBANCES["unreachable"]
SENDING_INTERRUPTED = DISTURBANCES["sending_interrupted"]
UNREADABLE_ANSWER = DISTURBANCES["unreadable_answer"]
ANSWER_TOO_LARGE = DISTURBANCES["answer_too_large"]
INCOMPLETE_ANSWER = DISTURBANCES["incomplete_answer"]
PAGE_EXPIRED = DISTURBANCES["page_expired"]
INITIAL_DOMAIN_MISSING = DISTURBANCES["initial_domain_missing"]
RUNSPACE_LIMIT = DISTURBANCES["runspace_limit"]
