"""What browsers report is logged, bounded, and believed by nobody."""

import json

import pytest
from django.test import Client
from structlog.testing import capture_logs

from portal.core import violation_reports
from portal.core.violation_reports import MOST_BYTES, MOST_REPORTS, Allowance

ADDRESS = "/violation-reports/"
OLD = {"csp-report": {"document-uri": "https://x/", "violated-directive": "script-src", "blocked-uri": "inline"}}
NEW = {"type": "csp-violation", "body": {"documentURL": "https://x/", "effectiveDirective": "script-src-elem"}}


@pytest.fixture(autouse=True)
def _fresh_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(violation_reports, "allowance", Allowance(30))


def send(content: object, kind: str = "application/csp-report") -> int:
    return Client(enforce_csrf_checks=True).post(ADDRESS, json.dumps(content), content_type=kind).status_code


@pytest.mark.parametrize(("content", "directive"), [(OLD, "script-src"), ([NEW], "script-src-elem")])
def test_a_report_becomes_one_event_in_the_log(content: object, directive: str) -> None:
    with capture_logs() as logged:
        assert send(content) == 204
    assert [(entry["event"], entry["directive"]) for entry in logged] == [("security.policy_violation", directive)]


@pytest.mark.parametrize(
    "content", [[], {}, "x", 7, None, [[]], {"csp-report": 7}, {"type": "deprecation", "body": {}}]
)
def test_what_is_no_report_is_refused_and_not_logged(content: object) -> None:
    with capture_logs() as logged:
        assert send(content) == 400
    assert logged == []


def test_too_much_is_refused() -> None:
    assert send({"csp-report": {"sample": "x" * MOST_BYTES}}) == 413
    with capture_logs() as logged:
        send([NEW] * (MOST_REPORTS + 5))
        send({"csp-report": {"script-sample": "x" * 5000}})
    assert len(logged) == MOST_REPORTS + 1
    assert len(logged[-1]["sample"]) == 200


def test_a_flood_is_cut_off_and_the_next_minute_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(violation_reports, "allowance", Allowance(5, clock=lambda: now))
    with capture_logs() as logged:
        assert [send(OLD) for _ in range(7)] == [204] * 5 + [429] * 2
        now = 60.0
        assert send(OLD) == 204
    assert len(logged) == 6
