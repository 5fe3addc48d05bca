"""Questions about requests for approval."""

from typing import TYPE_CHECKING, Self

from django.db import models

from jobs.runs.models import Run
from portal.core.actors import Actor

if TYPE_CHECKING:
    from jobs.approvals.models import ApprovalRequest  # noqa: F401 - the queryset's type


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    """Filters over requests for approval."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the requests whose runs `actor` may see."""
        return self.filter(run__in=Run.objects.visible_to(actor).values("pk"))

    def waiting(self) -> Self:
        """Return those that nobody has answered; the sweeper ends those whose time is over."""
        return self.filter(state="waiting")
