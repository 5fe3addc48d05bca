"""The steps of a script as launch forms, which is how a job keeps them."""

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.scripts.steps import DraftStep
from jobs.web.parameter_fields import is_fillable
from jobs.web.parameter_texts import PREFIX
from jobs.web.what import COLUMN, INPUT, Input, What


def launch_forms(steps: list[DraftStep]) -> list[tuple[Cmdlet, QueryDict]]:
    """Return the launch form of each step: constants filled in, inputs empty unless the script has a default."""
    return [(step.cmdlet, _form(step)) for step in steps]


def _form(step: DraftStep) -> QueryDict:
    services = [step.service] if step.service else list(step.cmdlet.services)
    data = QueryDict(mutable=True)
    data.update({f"{PREFIX}{name}": text for name, text in step.texts.items()})
    fillable = [w for w in step.inputs if is_fillable(step.cmdlet, step.cmdlet.parameters[w.parameter], services)]
    for wanted in fillable:
        data.appendlist(INPUT, Input(wanted.parameter, wanted.variable).field)
        if wanted.default and not step.cmdlet.parameters[wanted.parameter].secret:
            data[f"{PREFIX}{wanted.parameter}"] = wanted.default
    data.setlist(COLUMN, step.columns)
    data["set"] = What(step.cmdlet, dict.fromkeys(step.given, "")).chosen_set.name
    if step.service:
        data["service"] = step.service
    return data
