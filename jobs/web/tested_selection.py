"""Which organizations an address or a form wants tested."""

from uuid import UUID

from django.http import QueryDict

from jobs.runs.selection import Selection
from jobs.runs.selectors import launched_run, planned_organization_ids
from portal.core.actors import Actor
from portal.core.text import readable_id
from tenants.groups.scope import Scope
from tenants.selection.selectors import SELECTION_KEYS, SelectionRefused, selection_in_words


def read_selection(actor: Actor, sent: QueryDict) -> Selection:
    """Return the selection that `sent` holds, as `tenants.selection` writes it; raises `SelectionRefused`.

    `from` names an earlier test instead, whose organizations are tested again.
    """
    if "from" in sent:
        return Selection(organization_ids=_tested_before(actor, sent))
    if sent.get("match") == "all":
        kept = kept_selection(sent)
        for key in ("match", "organization"):
            kept.pop(key, None)
        return Selection(matching=kept.urlencode()) if kept else Selection(everywhere=True)
    try:
        return Selection(
            organization_ids=[UUID(text) for text in sent.getlist("organization")],
            group_ids=[UUID(text) for text in sent.getlist("group")],
        )
    except ValueError as error:
        raise SelectionRefused("An id in the address cannot be read. Choose the organizations again.") from error


def selection_words(actor: Actor, sent: QueryDict) -> str:
    """Return what `sent` selects, in words."""
    if "from" in sent:
        return "Organizations of an earlier connection test"
    groups = Scope.of(actor).groups
    named = [groups[key].name for key in sent.getlist("group") if key in groups]
    if named and sent.get("match") != "all":
        return f"Who belongs to {', '.join(named)} now"
    return selection_in_words(actor, sent)


def kept_selection(sent: QueryDict) -> QueryDict:
    """Return the part of `sent` that selects organizations."""
    kept = QueryDict(mutable=True)
    for key in ("from",) if "from" in sent else SELECTION_KEYS:
        if values := [value for value in sent.getlist(key) if value]:
            kept.setlist(key, values)
    return kept


def _tested_before(actor: Actor, sent: QueryDict) -> list[UUID]:
    run_id = readable_id(sent.get("from"))
    run = launched_run(actor=actor, run_id=run_id) if run_id else None
    if run is None or not run.is_connection_test:
        raise SelectionRefused("The earlier connection test is not there any more. Choose the organizations again.")
    return planned_organization_ids(actor=actor, run=run)
