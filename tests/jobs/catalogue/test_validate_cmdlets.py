import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from jobs.catalogue.call_lines import check_lines


def run(path: object, **options: object) -> tuple[int, list[dict[str, object]], str]:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("validate_cmdlets", str(path), stdout=out, stderr=err, **options)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().strip()


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_all_ok(tmp_path: Path) -> None:
    path = written(
        tmp_path / "calls.jsonl",
        '{"cmdlet": "Get-Mailbox", "parameters": {"ResultSize": 10}}',
        "",
        '{"cmdlet": "Set-Mailbox", "parameters": ["Identity", "ErrorAction"]}',
        '{"cmdlet": "New-ComplianceSearch", "parameters": ["Name", "ExchangeLocation"]}',
        '{"cmdlet": "Get-Label"}',
    )
    status, verdicts, summary = run(path)
    assert (status, summary) == (0, "4 calls: 4 ok, 0 with problems")
    assert verdicts == [{"ok": True, "problems": []}] * 4


def test_some_wrong(tmp_path: Path) -> None:
    path = written(
        tmp_path / "calls.jsonl",
        '{"cmdlet": "Get-Mailbox", "parameters": {"Identiy": "a"}}',
        "not json",
        "[]",
        '{"cmdlet": "Get-Mailbox", "parameters": 5}',
        '{"cmdlet": "Get-Mailbox", "parameters": {"Anr": "a", "Anr": "b"}}',
        '{"cmdlet": "Get-Mailbox", "parameters": {"ResultSize": NaN}}',
        '{"cmdlet": "Get-Mailbox", "parameters": {}, "service": "scc"}',
        '{"cmdlet": "Get-Mailbox", "parameters": ["Identity", 5]}',
        "[" * 100000,
        '{"cmdlet": "Get-Mailbox"}',
    )
    status, verdicts, summary = run(path)
    assert (status, summary) == (1, "10 calls: 1 ok, 9 with problems")
    assert verdicts[0] == {
        "ok": False,
        "problems": [
            {
                "parameter": "Identiy",
                "problem": "Get-Mailbox has no parameter named Identiy.",
                "suggestion": "Did you mean Identity?",
            }
        ],
    }


def test_unreadable(tmp_path: Path) -> None:
    assert run(tmp_path / "absent.jsonl")[0] == 2
    assert run(tmp_path)[0] == 2


def test_application_connections(tmp_path: Path) -> None:
    path = written(tmp_path / "calls.jsonl", '{"cmdlet": "New-ComplianceSearch", "parameters": ["Name"]}')
    assert run(path)[0] == 0
    assert run(path, app_only=True)[0] == 1


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"cmdlet": "Get-Mailbox"}\n')))
    assert run("-")[0] == 0


def test_bytes_that_are_not_utf8_are_a_problem_of_their_line() -> None:
    assert [verdict.ok for verdict in check_lines([b"\xff\xfe", b'{"cmdlet": "Get-Label"}'], app_only=False)] == [
        False,
        True,
    ]
