import io
from pathlib import Path

import pytest

from portal.local.log import Log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_a_terminal_that_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = []
    for terminal, no_color in ((Terminal(), ""), (Terminal(), "1"), (io.StringIO(), "")):
        monkeypatch.setenv("NO_COLOR", no_color)
        Log(tmp_path, terminal).say("hello")
        outputs.append("\x1b" in terminal.getvalue())

    assert outputs == [True, False, False]


def test_while_quiet_only_problems_are_shown_and_all_is_kept(tmp_path: Path) -> None:
    terminal = io.StringIO()
    log = Log(tmp_path, terminal)
    log.quiet = True
    for line in ("task received", "WARNING slow answer", "ERROR no answer"):
        log.write("worker", line)
    log.write("valkey", "# WARNING overcommit", only_problems=True)
    log.close()

    assert "received" not in terminal.getvalue()
    assert "slow answer" in terminal.getvalue()
    assert "no answer" in terminal.getvalue()
    assert "overcommit" not in terminal.getvalue()
    assert len((tmp_path / "worker.log").read_text(encoding="utf-8").splitlines()) == 3


def test_the_log_of_the_last_start_is_kept_apart(tmp_path: Path) -> None:
    for text in ("first", "second"):
        log = Log(tmp_path, io.StringIO())
        log.write("web", text)
        log.close()

    assert (tmp_path / "web.log").read_text(encoding="utf-8") == "second\n"
    assert (tmp_path / "web.log.1").read_text(encoding="utf-8") == "first\n"


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    terminal = io.StringIO()
    log = Log(tmp_path, terminal)
    log.write("worker", "name \x1b]0;owned\x07 end\r\n")
    log.close()

    assert terminal.getvalue() == "worker       | name ]0;owned end\n"
