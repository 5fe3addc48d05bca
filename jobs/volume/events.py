"""The audit events that made-up runs leave behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.volume.chance import Chance
from jobs.volume.outcomes import Outcome
from jobs.volume.tables import Table, json
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization

if TYPE_CHECKING:
    from jobs.volume.making import MadeRun


class Events:
    """Collects audit events."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.table = Table(
            AuditEvent, "id", "occurred_at", "action", "actor_kind", "actor_id", "actor_label", "source",
            "organization_id", "organization_name", "target_kind", "target_id", "target_label", "run_id", "data",
        )  # fmt: skip

    def of_run(self, made: MadeRun, state: str, counts: dict[str, int], finished_at: datetime) -> None:
        """Collect what is recorded of a run as a whole."""
        moments: tuple[tuple[AuditAction, datetime, bool, dict[str, Any]], ...] = (
            (AuditAction.RUN_DRAFTED, made.launched_at - timedelta(minutes=3), True, {}),
            (AuditAction.RUN_LAUNCHED, made.launched_at, True, {"plan_hash": made.plan_hash}),
            (AuditAction.RUN_STARTED, made.launched_at + timedelta(seconds=1), False, {}),
            (AuditAction.RUN_FINISHED, finished_at, False, {"state": state, "counts": counts}),
        )
        for action, moment, by_person, data in moments:
            actor = ("person", made.person.id, made.person.label, "web") if by_person else _WORKER
            self._add(action, moment, actor, None, ("run", made.id, made.label), made.id, data)

    def of_target(
        self,
        made: MadeRun,
        place: Organization,
        target_id: str,
        outcome: Outcome,
        rows: int,
        begin: datetime,
        end: datetime,
    ) -> None:
        """Collect what is recorded of one organization's last attempt."""
        data: dict[str, Any] = {"cmdlet": made.cmdlet, "on_behalf_of": made.person.label}
        attempt = {**data, "attempt": outcome.tries, "fence": outcome.tries}
        target = ("run target", target_id, place.name)
        self._add(AuditAction.RUN_TARGET_CLAIMED, begin, _WORKER, place, target, made.id, attempt)
        if outcome.sent:
            sending = {**attempt, "plan_hash": made.plan_hash}
            self._add(AuditAction.CMDLET_INTENDED, begin, _WORKER, place, target, made.id, sending)
        ending = {**attempt, "state": outcome.state.value, "error_class": outcome.error_class, "rows": rows}
        self._add(AuditAction.RUN_TARGET_ENDED, end, _WORKER, place, target, made.id, ending)

    def _add(
        self,
        action: AuditAction,
        moment: datetime,
        actor: tuple[str, str, str, str],
        place: Organization | None,
        target: tuple[str, str, str],
        run_id: str,
        data: dict[str, Any],
    ) -> None:
        where = (place.pk, place.name) if place else (None, "")
        self.table.add(
            self._chance.identifier(moment), moment, action.value, *actor, *where, *target, run_id, json(data)
        )


_WORKER = ("system", "worker", "worker", "task")
