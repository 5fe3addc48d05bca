"""Which code this process runs: the package's version and, in a clone, the revision that it was started from."""

import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def revision_of(clone: Path) -> str:
    """Return the first seven digits of the commit that a clone, or a work tree of one, stands at; empty elsewhere."""
    git = clone / ".git"
    try:
        if git.is_file():
            git = clone / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        shared = git / "commondir"
        common = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
        return (_commit_of(common, head.removeprefix("ref: ")) if head.startswith("ref: ") else head)[:7]
    except OSError:
        return ""


def _commit_of(git: Path, name: str) -> str:
    loose = git / name
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
    return next((line.partition(" ")[0] for line in packed if line.endswith(f" {name}")), "")


def _version() -> str:
    number: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    revision = os.environ.get("SIGNALBOX_REVISION", "")[:7] or revision_of(ROOT)
    return f"{number}+{revision}" if revision else number


VERSION = _version()
"""As `0.1.0+a7f4dbb`; read once, so that it stays what was started when the files change under the process."""
