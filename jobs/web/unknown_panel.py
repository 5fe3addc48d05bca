"""What the page of a target shows of an unknown outcome: the verdict, its evidence, and what a person can do."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.catalogue.cmdlets import UnknownCmdlet
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.read_backs import reading_of
from jobs.catalogue.validation import validate
from jobs.catalogue.variables import verbatim
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.selectors import found_out
from jobs.runs.integrity import alteration_of
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState, Verdict
from jobs.runs.variables import fill_in
from jobs.web.evidence_rows import EvidenceRow, evidence_rows
from portal.core.actors import Actor
from portal.core.permissions import Permission

_HEADLINES = {
    "": "Signalbox reads it back.",
    Verdict.APPLIED: "It is as planned.",
    Verdict.NOT_APPLIED: "It was not carried out.",
    Verdict.NEEDS_PERSON: "A person has to look.",
}


@dataclass(frozen=True, slots=True)
class UnknownPanel:
    """The panel; `state` is how the verdict looks, `look_yourself` the PowerShell line that reads the same.

    `others` are earlier looks and decisions, the newest first; `next_look` is the one that goes on or comes.
    """

    state: str
    headline: str
    latest: Reconciliation | None
    evidence: Sequence[EvidenceRow]
    others: Sequence[Reconciliation]
    waits_for: Reconciliation | None
    look_yourself: str
    can_decide: bool
    words: str
    problem: str


def unknown_panel(actor: Actor, target: RunTarget, *, words: str = "", problem: str = "") -> UnknownPanel | None:
    """Return the panel of `target`; None where nothing was ever unknown. `problem` refuses `words` of a decision."""
    if target.state != TargetState.UNKNOWN and not target.verdict:
        return None
    found = found_out(target=target)
    judged = [each for each in found if each.judged_at is not None]
    latest = next((each for each in judged if each.verdict == target.verdict), None) or next(iter(judged), None)
    return UnknownPanel(
        state=target.verdict or TargetState.UNKNOWN,
        headline=_HEADLINES[target.verdict],
        latest=latest,
        evidence=evidence_rows(latest.lines) if latest else (),
        others=[each for each in judged if each is not latest],
        waits_for=found[0] if found and not target.verdict else None,
        look_yourself=_look_yourself(target),
        can_decide=target.state == TargetState.UNKNOWN and actor.has(Permission.RUN_RECONCILE),
        words=words,
        problem=problem,
    )


def _look_yourself(target: RunTarget) -> str:
    """Return the line that reads back by hand what was changed; empty where nothing does, or the plan was altered."""
    run = target.run
    if alteration_of(run):
        return ""
    step = run.steps[target.step - 1]
    values: dict[str, str] | None = run.plan.get("variables", {}).get(str(target.organization.tenant_id))
    try:
        reading = reading_of(step.sent_as, fill_in(step.parameters, values))
        asked = {name: verbatim(value) for name, value in reading.parameters.items()} if reading else {}
        call = validate(reading.cmdlet, asked, service=run.service) if reading else None
    except (InvalidCall, UnknownCmdlet):
        return ""
    return powershell_line(call) if call else ""
