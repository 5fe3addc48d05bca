"""What is done to saved filters. They open nothing that one may not see anyway, so the audit trail leaves them out."""

from django.db import transaction

from portal.accounts.saved_filters.models import NAME_LENGTH, QUERY_LENGTH, SavedFilter
from portal.accounts.saved_filters.normal_form import normal_form
from portal.core.actors import Actor, ActorKind
from portal.core.refusals import Refused
from portal.core.text import storable

MOST_PER_LIST = 50


class FilterNotSaved(Refused):
    """These filters cannot be kept under this name."""


class FilterUnknown(Refused):
    """The person has saved no such filter."""


@transaction.atomic
def save_filter(*, actor: Actor, page: str, name: str, query: str) -> SavedFilter:
    """Keep the filters of a list under a name; the same name again replaces them. Raises `FilterNotSaved`."""
    if actor.kind != ActorKind.PERSON:
        raise FilterNotSaved("Only a person can save filters.")
    name, query = _usable_name(name), normal_form(query)
    if not query:
        raise FilterNotSaved("Nothing is filtered yet. Filter the list first, then save the filters under a name.")
    if len(query) > QUERY_LENGTH:
        raise FilterNotSaved("These filters are too long to be saved. Take some of them away.")
    own = SavedFilter.objects.of(actor).filter(page=page)
    if own.exclude(name=name).count() >= MOST_PER_LIST:
        raise FilterNotSaved(f"You have saved {MOST_PER_LIST} filters of this list, the most there can be. Delete one.")
    saved, _ = SavedFilter.objects.update_or_create(
        person_id=int(actor.id), page=page, name=name, defaults={"query": query}
    )
    return saved


@transaction.atomic
def change_filter(*, actor: Actor, saved_filter_id: int, name: str, is_shared: bool, is_default: bool) -> SavedFilter:
    """Rename a filter, share it with everybody or not, and open its list with it or not.

    Raises `FilterUnknown` and `FilterNotSaved`.
    """
    saved = _own(actor, saved_filter_id)
    others = SavedFilter.objects.of(actor).filter(page=saved.page).exclude(pk=saved.pk)
    saved.name, saved.is_shared, saved.is_default = _usable_name(name), is_shared, is_default
    if others.filter(name=saved.name).exists():
        raise FilterNotSaved(f"Another of your filters of this list is called “{saved.name}”. Choose another name.")
    if is_default:
        others.filter(is_default=True).update(is_default=False)
    saved.save(update_fields=["name", "is_shared", "is_default", "saved_at"])
    return saved


@transaction.atomic
def delete_filter(*, actor: Actor, saved_filter_id: int) -> SavedFilter:
    """Delete a filter and return what it was; raises `FilterUnknown`."""
    saved = _own(actor, saved_filter_id)
    SavedFilter.objects.filter(pk=saved.pk).delete()
    return saved


def _own(actor: Actor, saved_filter_id: int) -> SavedFilter:
    saved = SavedFilter.objects.of(actor).select_for_update().filter(pk=saved_filter_id).first()
    if saved is None:
        raise FilterUnknown("You have saved no such filter.")
    return saved


def _usable_name(name: str) -> str:
    usable = " ".join(storable(name).split())
    if not usable:
        raise FilterNotSaved("Type a name for the filter.")
    if len(usable) > NAME_LENGTH:
        raise FilterNotSaved(f"The name has {len(usable)} characters; {NAME_LENGTH} is the most.")
    return usable
