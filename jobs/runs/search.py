"""Finding runs while somebody types."""

import re
from uuid import UUID

from django.db.models import Q

from jobs.runs.models import Run
from portal.core.actors import Actor

_ID_BEGINNING = re.compile(r"[0-9a-f]{6,32}")
_ID_DIGITS = 32


def search_runs(*, actor: Actor, text: str, number: int) -> list[Run]:
    """Return up to `number` launched runs, newest first.

    A run fits when its id begins with `text`, or each word is in its cmdlet, reason, ticket or who launched it.
    """
    runs = Run.objects.visible_to(actor).launched()
    fits = Q()
    for word in text.split():
        fits &= (
            Q(cmdlet__icontains=word)
            | Q(reason__icontains=word)
            | Q(ticket__icontains=word)
            | Q(requested_by__icontains=word)
        )
    between = _ids_beginning(text)
    if between:
        fits |= Q(pk__range=between)
    return list(runs.filter(fits).defer("plan", "powershell").order_by("-launched_at", "-pk")[:number])


def run_exactly(*, actor: Actor, text: str) -> Run | None:
    """Return the one launched run whose id begins with `text`; at least six digits."""
    between = _ids_beginning(text)
    if between is None:
        return None
    found = list(Run.objects.visible_to(actor).launched().filter(pk__range=between).defer("plan", "powershell")[:2])
    return found[0] if len(found) == 1 else None


def _ids_beginning(text: str) -> tuple[UUID, UUID] | None:
    digits = text.lower().replace("-", "")
    if not _ID_BEGINNING.fullmatch(digits):
        return None
    return UUID(digits.ljust(_ID_DIGITS, "0")), UUID(digits.ljust(_ID_DIGITS, "f"))
