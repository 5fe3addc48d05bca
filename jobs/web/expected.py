"""Who is expected to refuse a launch, and of whom that is not known: for the launch form and the review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from jobs.runs.predictions import Prediction, predictions
from jobs.runs.steps import steps_of
from jobs.runs.ways import FrozenWays
from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.profiles.methods import reached_through

_TESTED_BY_ID = 20


@dataclass(frozen=True, slots=True)
class Expected:
    """The causes for which organizations will refuse, and those for which nobody can say; the largest first."""

    causes: list[Prediction] = field(default_factory=list)
    unknown: list[Prediction] = field(default_factory=list)
    test_url: str = ""

    @property
    def refusing(self) -> int:
        """How many organizations are expected to refuse."""
        return sum(len(cause.organizations) for cause in self.causes)

    def of_cause(self, error_class: str) -> list[Organization]:
        """Return who is expected to refuse for one reason, or for any (`*`)."""
        named = [cause for cause in [*self.causes, *self.unknown] if cause.error_class == error_class]
        return [each for cause in (self.causes if error_class == "*" else named) for each in cause.organizations]


def expected(actor: Actor, plan: Mapping[str, Any] | None, organizations: Sequence[Organization]) -> Expected:
    """Return what is expected of `plan`; without one, only who could not be reached when last tried."""
    found = predictions(actor=actor, plan=plan or {"connection": {}}, organizations=organizations)
    unknown = [each for each in found if not each.refuses]
    return Expected([each for each in found if each.refuses], unknown, _test_url(plan, unknown) if plan else "")


def _test_url(plan: Mapping[str, Any], unknown: Sequence[Prediction]) -> str:
    """Return where those are tested of whom nothing is known; of many, all of whom nothing is known of this cmdlet."""
    ids = [str(each.pk) for cause in unknown for each in cause.organizations]
    service = reached_through(plan["service"])
    if not ids:
        return ""
    many = {"match": "all", "may_run": f"unknown:{service}:{steps_of(plan)[0].sent_as}", "service": service}
    query: dict[str, Any] = {"organization": ids, "service": service} if len(ids) <= _TESTED_BY_ID else many
    if chosen := FrozenWays.of_plan(plan).chosen:
        query["profile"] = chosen
    return f"{reverse('jobs:connection-test')}?{urlencode(query, doseq=True)}"
