"""Foreign text: what others sent us, made fit to be stored, or read."""

from uuid import UUID


def storable(text: str, limit: int | None = None) -> str:
    """Return `text` without what PostgreSQL refuses (NUL, half surrogate pairs), cut to `limit` characters."""
    clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return clean[:limit]


def readable_id(text: str | None) -> UUID | None:
    """Return the id that `text` is, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
