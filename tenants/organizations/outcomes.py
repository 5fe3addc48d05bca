"""How the last runs in organizations ended, many organizations at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from portal.core.actors import Actor
from portal.core.explanations import title_of
from portal.core.permissions import Permission
from tenants.organizations.conditions import ended_targets
from tenants.organizations.models import Organization

LOOKED_AT = 30
NOT_DONE = frozenset({"failed", "errored", "unknown", "denied"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended in one organization; `cause` names why it did not succeed."""

    target_id: UUID
    state: str
    error_class: str
    cmdlet: str
    ended_at: datetime

    @property
    def cause(self) -> str:
        """Why it did not succeed, in words; empty when it did."""
        return title_of(self.error_class)

    @property
    def is_failure(self) -> bool:
        """Whether what was wanted was not surely done."""
        return self.state in NOT_DONE


def recent_outcomes(actor: Actor, organizations: Sequence[Organization]) -> Mapping[UUID, Sequence[Outcome]]:
    """Return the last thirty outcomes in each organization, the newest first, in one query; none without the right."""
    if not actor.has(Permission.RUN_READ):
        return {}
    facts = JSONObject(
        target_id="pk", state="state", error_class="error_class", cmdlet="run__cmdlet", ended_at="finished_at"
    )
    newest = ended_targets().annotate(facts=facts).values("facts")[:LOOKED_AT]
    rows = Organization.objects.visible_to(actor).filter(pk__in=[o.pk for o in organizations])
    listed = rows.annotate(outcomes=ArraySubquery(newest)).values_list("pk", "outcomes")
    return {pk: [_outcome(each) for each in outcomes] for pk, outcomes in listed}


def _outcome(facts: dict[str, Any]) -> Outcome:
    ended_at = datetime.fromisoformat(facts["ended_at"])
    return Outcome(UUID(facts["target_id"]), facts["state"], facts["error_class"], facts["cmdlet"], ended_at)
