"""Running PostgreSQL as root's guest: it refuses to run as root, so root lends it the user `nobody`.

`nobody` must be able to enter the folders in question. No mode of a folder that is not ours is ever changed: where
`nobody` cannot enter, a state folder outside of the clone takes the place.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from portal.local.paths import REPOSITORY

STATE_PARENT = Path("/var/tmp")  # noqa: S108 - the folder made here belongs to root and is checked to


@dataclass(frozen=True)
class Account:
    """The user and group, by number, that a process runs as."""

    user: int
    group: int


class UnsafeFolder(Exception):
    """The state folder belongs to somebody else."""


def account() -> Account | None:
    """Whom PostgreSQL must run as: `nobody` if we are root, else None (ourselves)."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def may(who: Account, path: Path, wanted: int = os.X_OK) -> bool:
    """Whether the mode bits let `who` enter every parent of `path` and do `wanted` (`os.R_OK`, `os.X_OK`) with it."""
    real = path.resolve()
    return all(_allows(who, parent, os.X_OK) for parent in real.parents) and _allows(who, real, wanted)


def state_folder() -> Path:
    """The folder for what `nobody` cannot reach in this clone: made by root, for root, and passable for all.

    Raises `UnsafeFolder` when somebody else made it first.
    """
    digest = hashlib.sha256(os.fsencode(REPOSITORY)).hexdigest()[:12]
    folder = STATE_PARENT / f"signalbox-{digest}"
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise UnsafeFolder(f"{folder} was made by another user. Remove it, then try again.")
    folder.chmod(0o755)
    return folder


def readable_copy(base: Path, parts: tuple[str, ...], name: str) -> Path:
    """Copy the folders `parts` of `base` once into the state folder as `name`, readable for all; return where they are.

    They keep their places relative to each other, because the programs find their libraries by that.
    """
    target = state_folder() / name
    if target.exists():
        return target
    fresh = target.with_name(f".{name}.{os.getpid()}")
    for part in parts:
        shutil.copytree(base / part, fresh / part, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    try:
        fresh.rename(target)
    except OSError:  # somebody else was quicker
        shutil.rmtree(fresh)
    return target


def _allows(who: Account, path: Path, wanted: int) -> bool:
    status = path.stat()
    if status.st_uid == who.user:
        bits = status.st_mode >> 6
    elif status.st_gid == who.group:
        bits = status.st_mode >> 3
    else:
        bits = status.st_mode
    return bits & wanted == wanted
