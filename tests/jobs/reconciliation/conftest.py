"""Real unknown outcomes: calls to the simulated cloud whose answer is lost, carried out or not."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.reconciliation.judging import judge_looks
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.readings import launch_looks
from jobs.results.bodies import unpack
from jobs.results.selectors import latest_result
from jobs.runs.models import Run, RunTarget
from jobs.runs.purposes import Purpose
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Sandbox

CarryOut = Callable[[Run], list[RunTarget]]
Lose = Callable[..., RunTarget]
Look = Callable[[], list[Reconciliation]]
Done = Callable[..., RunTarget]
There = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def soon(settings: Any) -> None:
    """Look at once, and let no call go on after its answer was lost."""
    settings.RECONCILE_FIRST_SECONDS = 0
    settings.RECONCILE_SETTLE_SECONDS = 0


@pytest.fixture
def organization(organizations_of: Callable[..., list[Organization]]) -> Organization:
    """An organization that has transport rules, groups and mailboxes."""
    return min(organizations_of(12), key=lambda each: each.name)


@pytest.fixture
def there(done: "Done") -> "There":
    """Return a function that gives objects of a kind which are there since long, as Exchange shows them."""

    def go(cmdlet: str, **parameters: Any) -> list[dict[str, Any]]:
        result = latest_result(done(cmdlet, **parameters))
        assert result is not None
        return list(unpack(bytes(result.body)))

    return go


@pytest.fixture
def done(organization: Organization, launch: Launch, carry_out: CarryOut) -> Done:
    """Return a function that has a cmdlet carried out, with its answer."""

    def go(cmdlet: str, **parameters: Any) -> RunTarget:
        [target] = carry_out(launch(cmdlet, [organization], **parameters))
        assert target.state == TargetState.SUCCEEDED, (target.error_class, target.error_detail)
        return target

    return go


@pytest.fixture
def lose(sandbox: Sandbox, organization: Organization, launch: Launch, carry_out: CarryOut) -> Lose:
    """Return a function that sends a cmdlet whose answer is lost; `carried_out` says whether it was carried out."""

    def go(cmdlet: str, *, carried_out: bool, **parameters: Any) -> RunTarget:
        kind = "execute_then_reset" if carried_out else "reset_before_execute"
        sandbox.control("POST", "faults", json={"match": {"cmdlet": cmdlet}, "action": {"type": kind}})
        [target] = carry_out(launch(cmdlet, [organization], **parameters))
        sandbox.control("DELETE", "faults")
        assert target.state == TargetState.UNKNOWN, (target.state, target.error_class, target.error_detail)
        assert len(sandbox.executions(cmdlet)) == int(carried_out)
        return target

    return go


@pytest.fixture
def look(carry_out: CarryOut) -> Look:
    """Return a function that launches what is due, carries it out, judges it, and returns what was found out."""

    def go() -> list[Reconciliation]:
        launch_looks()
        for run in Run.objects.open().filter(purpose=Purpose.RECONCILIATION):
            carry_out(run)
        judge_looks()
        return list(Reconciliation.objects.order_by("made_at", "pk"))

    return go
