"""How audit events name exports, and who acts when nobody does."""

from portal.audit.services import Object
from portal.core.actors import Actor
from portal.exports.models import Export

EXPORTER = Actor.system("exporter")


def as_object(export: Export) -> Object:
    """Return how audit events name an export."""
    return Object("export", str(export.pk), str(export), run_id=export.run_id)
