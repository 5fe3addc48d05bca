"""`manage.py inspect_script` prints exactly what was promised, of a file or of a folder."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.jobs.scripts.samples import FOLDER


def run(path: object, *flags: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("inspect_script", str(path), *flags, stdout=out, stderr=err)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, out.getvalue(), err.getvalue()


def test_the_shape_of_one_report() -> None:
    status, out, _ = run(FOLDER / "legacy_basic.ps1", "--json")
    report = json.loads(out)
    assert status == 0
    assert list(report) == [
        *("file", "connections", "disconnects", "disconnects_on_every_path", "legacy", "cmdlets", "uncertain_lines")
    ]
    assert list(report["connections"][0]) == [
        *("method", "service", "environment", "delegated_organization", "organization", "app_id"),
        *("user_principal_name", "line"),
    ]
    assert list(report["cmdlets"][0]) == ["name", "line", "parameters", "problems"]
    assert list(report["legacy"][0]) == ["line", "what", "why", "modern"]
    assert report["file"] == str(FOLDER / "legacy_basic.ps1")


def test_a_folder_is_one_line_a_script_in_order_and_a_summary(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.ps1").write_text("Connect-ExchangeOnline\nDisconnect-ExchangeOnline")
    (tmp_path / "a.PS1").write_text("try { Connect-ExchangeOnline } finally { Disconnect-ExchangeOnline }")
    (tmp_path / "c.psm1").write_text("$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri $u")
    (tmp_path / "d.ps1").write_bytes(b"MZ\x00\x00")
    (tmp_path / "notes.txt").write_text("Connect-ExchangeOnline")

    status, out, err = run(tmp_path, "--json")

    *reports, summary = [json.loads(line) for line in out.splitlines()]
    assert [Path(report["file"]).name for report in reports] == ["a.PS1", "two.ps1", "c.psm1"]
    assert summary == {
        "summary": {
            "scripts": 3,
            "connecting": 3,
            "disconnects": 2,
            "disconnects_on_every_path": 1,
            "legacy": 1,
            "uncertain": 0,
            "unreadable": 1,
        }
    }
    assert (status, "d.ps1 cannot be read: The file is a Windows program" in err) == (2, True)


def test_in_words() -> None:
    status, out, _ = run(FOLDER / "legacy_basic.ps1")
    assert status == 0
    assert "connects once, with a stored password (legacy)" in out
    assert "today: Connect-ExchangeOnline -AppId" in out


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_file_that_is_not_there(tmp_path: Path, flags: tuple[str, ...]) -> None:
    status, out, err = run(tmp_path / "none.ps1", *flags)
    assert (status, out) == (2, "")
    assert err == f"{tmp_path / 'none.ps1'} cannot be read: No such file or directory\n"
