"""What a person does about an identity that tokens are not asked for as."""

from django.db import transaction

from jobs.throttling.breakers import breaker_as_object
from jobs.throttling.models import IdentityBreaker
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.clock import database_now
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.tasks import enqueue


class NotPaused(Refused):
    """Tokens are asked for as this identity already."""


@transaction.atomic
def try_again(*, actor: Actor, identity: str) -> IdentityBreaker:
    """Let one organization try now whether `identity` (the breaker's key) is issued tokens again.

    Raises `NotPaused` when tokens are asked for anyway.
    """
    actor.require(Permission.RUN_LAUNCH)
    breaker = IdentityBreaker.objects.select_for_update().filter(pk=identity, opened_at__isnull=False).first()
    if breaker is None:
        raise NotPaused("Signalbox asks for tokens as this identity already: there is nothing to try again.")
    breaker.closed_until = database_now()
    breaker.save(update_fields=["closed_until"])
    record(AuditAction.IDENTITY_TRIED_AGAIN, actor=actor, target=breaker_as_object(breaker))
    enqueue("jobs.dispatch.work")
    return breaker
