"""Which code a process runs, read without any tool."""

import subprocess
from pathlib import Path

from portal.core.version import VERSION, revision_of


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_clone_a_packed_clone_a_detached_one_and_a_work_tree_know_their_revision(tmp_path: Path) -> None:
    clone, tree = tmp_path / "clone", tmp_path / "tree"
    clone.mkdir()
    git(clone, "init", "--quiet")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "First")
    revision = git(clone, "rev-parse", "HEAD")[:7]
    assert revision_of(clone) == revision
    git(clone, "worktree", "add", "--quiet", "-b", "other", str(tree))
    assert revision_of(tree) == revision
    git(clone, "pack-refs", "--all")
    assert revision_of(clone) == revision_of(tree) == revision
    git(clone, "checkout", "--quiet", "--detach")
    assert revision_of(clone) == revision


def test_files_without_a_clone_have_only_a_number(tmp_path: Path) -> None:
    assert revision_of(tmp_path) == ""


def test_the_version_of_this_process_begins_with_the_package_s_number() -> None:
    assert VERSION.startswith("0.1.0")
