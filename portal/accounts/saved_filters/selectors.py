"""Questions about saved filters."""

from portal.accounts.saved_filters.models import SavedFilter
from portal.core.actors import Actor

SHOWN = 200


def saved_filters_for(*, actor: Actor, page: str) -> list[SavedFilter]:
    """Return the filters of a list that the person saved, and those that others share, by name."""
    visible = SavedFilter.objects.visible_to(actor).filter(page=page).select_related("person")
    return list(visible.order_by("name", "pk")[:SHOWN])


def own_filter(*, actor: Actor, saved_filter_id: int) -> SavedFilter | None:
    """Return one filter that this very person saved, or None."""
    return SavedFilter.objects.of(actor).filter(pk=saved_filter_id).first()
