"""What is done to drafts of launches: kept while somebody types, discarded. Typing leaves no audit event."""

from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from jobs.catalogue.cmdlets import Cmdlet
from jobs.launch import discard_draft
from jobs.runs.models import Run
from jobs.saved.models import LaunchDraft
from jobs.saved.querysets import KEPT_FOR
from jobs.saved.typed import typed_text
from portal.core.actors import Actor
from portal.core.permissions import Permission


@transaction.atomic
def keep_launch_draft(*, actor: Actor, draft_id: UUID, cmdlet: Cmdlet, data: QueryDict) -> LaunchDraft | None:
    """Keep what was typed under `draft_id`, which a tab chooses for itself; forgets what this person left too long ago.

    Returns None when the id is somebody else's or was launched, so that nothing of it changes. Raises `FormTooLarge`.
    """
    actor.require(Permission.RUN_LAUNCH)
    typed, now = typed_text(cmdlet, data), timezone.now()
    own = LaunchDraft.objects.visible_to(actor)
    own.filter(changed_at__lte=now - KEPT_FOR).delete()
    values = {"cmdlet": cmdlet.name, "typed": typed, "changed_at": now}
    draft, fresh = LaunchDraft.objects.get_or_create(pk=draft_id, defaults={**values, "person_id": actor.id})
    if fresh:
        return draft
    changed = own.unfinished(now).filter(pk=draft_id).update(**values)
    return own.get(pk=draft_id) if changed else None


@transaction.atomic
def attach_run(*, actor: Actor, draft_id: UUID, run: Run) -> None:
    """Remember that `run` was drafted from this draft, and discard the plan that it takes the place of."""
    draft = LaunchDraft.objects.visible_to(actor).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        return
    before, draft.run = draft.run_id, run
    draft.save(update_fields=["run"])
    if before and before != run.pk:
        discard_draft(actor=actor, run_id=before)


@transaction.atomic
def discard_launch_draft(*, actor: Actor, draft_id: UUID) -> None:
    """Forget a draft; forgetting twice is no error."""
    LaunchDraft.objects.visible_to(actor).filter(pk=draft_id).delete()
