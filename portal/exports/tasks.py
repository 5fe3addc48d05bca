"""RQ's door to the exports."""

from uuid import UUID

from portal.exports import making


def make_export(*, export_id: str) -> None:
    """Make the file of one queued export."""
    making.make_export(export_id=UUID(export_id))
