"""Where the files of exports lie: in a folder that only the portal's own account can open."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.text import slugify

from portal.exports.models import Export

LONGEST_NAME = 80


def export_path(export: Export) -> Path:
    """Return where the finished file of an export lies."""
    return _folder() / f"{export.pk}.{export.format}"


def workplace_of(export: Export) -> Path:
    """Return the folder in which one attempt writes; what it leaves behind is swept away by its name."""
    return _folder() / f"{export.pk}.{export.attempt}.part"


def open_workplace(export: Export) -> Path:
    """Make the folder of one attempt and return the path of the file to be written in it."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & 0o077 and folder.stat().st_uid == os.geteuid():
        folder.chmod(0o700)
    workplace = workplace_of(export)
    workplace.mkdir(mode=0o700)
    return workplace / f"export.{export.format}"


def seal(path: Path) -> tuple[int, str]:
    """Force a written file onto the disk; returns its size and SHA-256."""
    path.chmod(0o600)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size, digest


def remove_file(export: Export) -> None:
    """Delete the finished file of an export, if there is one."""
    export_path(export).unlink(missing_ok=True)


def remove_workplace(export: Export) -> None:
    """Delete what the present attempt has written so far."""
    shutil.rmtree(workplace_of(export), ignore_errors=True)


def remove_leftovers(kept: Callable[[], Mapping[UUID, int]]) -> None:
    """Delete what lies in the folder for an export, or another attempt at one, than those that `kept` returns.

    They are asked for after the folder was listed: what begins meanwhile is not seen, and so not deleted.
    """
    paths = list(_folder().glob("*.*"))
    attempts = kept()
    for path in paths:
        export_id, _, rest = path.name.partition(".")
        attempt = rest.removesuffix(".part")
        try:
            present = attempts.get(UUID(export_id))
        except ValueError:  # not ours
            continue
        if present is not None and (not attempt.isdecimal() or int(attempt) == present):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def file_name(export: Export) -> str:
    """Return the name that a person sees when downloading: letters, digits and hyphens only."""
    words = slugify(export.title)[:LONGEST_NAME].strip("-") or "export"
    return f"{words}-{export.requested_at:%Y%m%d-%H%M%S}.{export.format}"


def _folder() -> Path:
    return Path(settings.EXPORT_DIR)
