"""What browsers report as blocked by the content security policy: a security event each, in the log."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = structlog.get_logger(__name__)
MOST_BYTES = 16_384
MOST_REPORTS = 10
"""How many reports of one request are read: browsers send several together."""

# The names that the Reporting API and the older `report-uri` use.
_FIELDS = {
    "page": ("documentURL", "document-uri"),
    "blocked": ("blockedURL", "blocked-uri"),
    "directive": ("effectiveDirective", "violated-directive"),
    "sample": ("sample", "script-sample"),
    "source": ("sourceFile", "source-file"),
    "line": ("lineNumber", "line-number"),
}
_MOST_CHARACTERS = 200


class Allowance:
    """So many things a minute and no more, for all threads of a process."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._began = clock()
        self._taken = 0

    def take(self) -> bool:
        """Whether one more is within the allowance of this minute."""
        with self._lock:
            if self._clock() - self._began >= 60:
                self._began, self._taken = self._clock(), 0
            self._taken += 1
            return self._taken <= self._a_minute


allowance = Allowance(settings.VIOLATION_REPORTS_PER_MINUTE)


@csrf_exempt  # browsers send reports by themselves, without cookies or tokens
@login_not_required
@require_POST
def take_reports(request: HttpRequest) -> HttpResponse:
    """Log what a browser reports; answers 413 to too much, 400 to what is no report, 429 beyond the allowance."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.body if 0 < length <= MOST_BYTES else b""
    except (ValueError, RequestDataTooBig):
        return HttpResponse(status=400)
    if length > MOST_BYTES:
        return HttpResponse(status=413)
    reports = list(_reports(body))
    if not reports:
        return HttpResponse(status=400)
    for report in reports[:MOST_REPORTS]:
        if not allowance.take():
            return HttpResponse(status=429, headers={"Retry-After": "60"})
        log.warning("security.policy_violation", **report)
    return HttpResponse(status=204)


def _reports(body: bytes) -> Iterator[dict[str, str]]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return
    for item in sent if isinstance(sent, list) else [sent]:
        fields = _fields_of(item)
        if fields is not None:
            yield {
                name: str(value)[:_MOST_CHARACTERS]
                for name, known in _FIELDS.items()
                if (value := next((fields[key] for key in known if key in fields), None)) is not None
            }


def _fields_of(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    fields = item.get("csp-report") or (item.get("body") if item.get("type") == "csp-violation" else None)
    return fields if isinstance(fields, dict) else None
