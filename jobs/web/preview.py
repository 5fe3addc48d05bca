"""What would happen if this form were launched now: shown while it is typed, by the functions that freeze the plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.catalogue.effects import Effect
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.validation import ValidCall
from jobs.planning import checked_calls, planned_run
from jobs.runs.calls import worst_risk
from jobs.runs.estimates import Estimate, estimate
from jobs.runs.selection import Chosen, LeftOut
from jobs.runs.selectors import organizations_of_targets
from jobs.runs.states import TargetState
from jobs.runs.ways import WayCount, ways_of
from jobs.web.again import LOOK_FIRST
from jobs.web.consequences import consequence
from jobs.web.expected import Expected, expected
from jobs.web.launch_form import LaunchForm
from jobs.web.plan_steps import FilledIn, PlanStep, filled_in, plan_steps
from jobs.web.script import lines_of
from jobs.web.words import EFFECTS, RISKS, SERVICES, counted, duration
from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.organizations.models import Organization

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a launch before it is drafted; `problems` say what it still lacks."""

    summary: list[str]
    risk: str
    risk_words: str
    effect: str
    service: str
    consequence: str
    powershell: str
    estimate: str
    ways: Sequence[WayCount]
    warnings: Sequence[str]
    problems: list[Problem]
    chosen: Chosen
    left_out: list[LeftOut]
    expected: Expected = field(default_factory=Expected)
    steps: Sequence[PlanStep] = ()
    filled_in: FilledIn | None = None

    @property
    def shown(self) -> list[Organization]:
        """The first of the chosen organizations."""
        return self.chosen.organizations[:SHOWN]

    @property
    def more(self) -> int:
        """How many are chosen beyond those shown."""
        return self.chosen.number - len(self.shown)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is lacking."""
        return not self.problems


def preview(actor: Actor, form: LaunchForm) -> Preview:
    """Return what launching `form` would do now; nothing is stored and nothing is refused."""
    chosen = form.where.chosen
    problems = [Problem(None, sentence) for sentence in (*form.where.problems(), *form.connect_with.problems())]
    calls: Sequence[ValidCall] = ()
    run = None
    try:
        request = form.request()
        calls = checked_calls(actor=actor, request=request)
        run = planned_run(actor=actor, request=request, calls=calls, organizations=chosen.organizations)
    except InvalidCall as invalid:
        problems += invalid.problems
    except Refused as refusal:
        problems.append(Problem(None, str(refusal)))
    risk = worst_risk(call.risk for call in calls) if calls else form.cmdlet.risk
    unknown = _unknown(actor, form, chosen)
    return Preview(
        summary=_summary(form, risk, chosen.number),
        risk=risk,
        risk_words=RISKS[risk],
        effect=EFFECTS[max((call.effect for call in calls), key=list(Effect).index, default=form.cmdlet.effect)],
        service=SERVICES[calls[0].service] if calls else "",
        consequence=consequence(run) if run else "",
        powershell=lines_of(run) if run else "\n".join(map(powershell_line, calls)),
        estimate=_estimate(actor, form, calls, chosen.number),
        ways=ways_of(run.plan) if run else (),
        warnings=_warnings(calls),
        problems=problems,
        chosen=chosen,
        left_out=[*chosen.left_out, *unknown],
        expected=expected(actor, run.plan if run else None, chosen.organizations),
        steps=plan_steps(run) if run and run.step_count > 1 else (),
        filled_in=filled_in(actor, run) if run else None,
    )


def _warnings(calls: Sequence[ValidCall]) -> list[str]:
    """Return what validation warns of; of several steps the list of steps says it."""
    return list(dict.fromkeys(calls[0].warnings)) if len(calls) == 1 else []


def estimate_words(found: Estimate | None) -> str:
    """Return an estimate as a sentence that says what it stands on."""
    if found is None:
        return "No measure yet: no run of this cmdlet or service has ended."
    shortest, longest = duration(found.shortest), duration(found.longest)
    source = "of other cmdlets of this service"
    if found.of_cmdlet:
        source = "of this cmdlet" if found.step_count == 1 else f"of {found.step_count} steps that began with it"
    took = f"{counted(found.runs, 'earlier run')} {source}"
    if found.is_bound:
        return f"At most about {longest}, as {took} took in more organizations."
    span = f"About {longest}" if shortest == longest else f"{shortest} to {longest}"
    return f"{span}, as {took} took, stretched to this size."


def _summary(form: LaunchForm, risk: str, number: int) -> list[str]:
    unused = form.what.unused()
    used = [name for name in form.what.texts if name not in unused]
    names = [step.cmdlet_name for step in form.steps.before] + [form.cmdlet.name]
    return [
        names[0],
        counted(len(used), "parameter") if form.steps.number == 1 else counted(form.steps.number, "step"),
        counted(number, "organization"),
        RISKS[risk].lower(),
    ]


def _estimate(actor: Actor, form: LaunchForm, calls: Sequence[ValidCall], number: int) -> str:
    if not number:
        return ""
    service = calls[0].service if calls else form.what.service or form.cmdlet.services[0]
    name = calls[0].cmdlet.name if calls else form.cmdlet.name
    found = estimate(actor=actor, cmdlet=name, service=service, number=number, step_count=form.steps.number)
    return estimate_words(found)


def _unknown(actor: Actor, form: LaunchForm, chosen: Chosen) -> list[LeftOut]:
    """Say of a run that is launched again where its outcome is unknown: left out, or chosen all the same."""
    if form.again_id is None:
        return []
    places = organizations_of_targets(actor=actor, run_id=form.again_id, states=[TargetState.UNKNOWN], error_class="")
    if not places:
        return []
    present = {organization.pk for organization in chosen.organizations}
    again = sum(place in present for place in places)
    left = len(places) - again
    said = [LeftOut(f"The outcome there is unknown. {LOOK_FIRST}", left)] if left else []
    return [*said, LeftOut(f"Chosen although the outcome there is unknown. {LOOK_FIRST}", again)] if again else said
