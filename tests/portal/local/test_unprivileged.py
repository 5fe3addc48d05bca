import os
from pathlib import Path

import pytest

from portal.local import unprivileged
from portal.local.unprivileged import Account, may

STRANGER = Account(user=54321, group=54321)


def test_every_parent_folder_must_let_the_user_pass(tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o001 == 0 and parent != tmp_path:
            assert not may(STRANGER, tmp_path)
            return
    tmp_path.chmod(0o700)
    assert not may(STRANGER, tmp_path / ".")
    tmp_path.chmod(0o711)
    assert may(STRANGER, tmp_path)
    assert not may(STRANGER, tmp_path, os.R_OK)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its files to nobody")
class TestAsRoot:
    def test_a_readable_copy_opens_closed_files_and_changes_no_parent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unprivileged, "STATE_PARENT", tmp_path)
        mode = tmp_path.stat().st_mode
        program = tmp_path / "base" / "bin" / "program"
        program.parent.mkdir(parents=True)
        program.write_text("x", encoding="utf-8")
        program.chmod(0o700)

        copy = unprivileged.readable_copy(tmp_path / "base", ("bin",), "copy-1")

        assert (copy / "bin" / "program").stat().st_mode & 0o777 == 0o755
        assert unprivileged.readable_copy(tmp_path / "base", ("bin",), "copy-1") == copy
        assert tmp_path.stat().st_mode == mode
        assert program.stat().st_mode & 0o777 == 0o700

    def test_a_state_folder_that_somebody_else_made_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unprivileged, "STATE_PARENT", tmp_path)
        folder = unprivileged.state_folder()
        os.chown(folder, STRANGER.user, STRANGER.group)

        with pytest.raises(unprivileged.UnsafeFolder, match="made by another user"):
            unprivileged.state_folder()
