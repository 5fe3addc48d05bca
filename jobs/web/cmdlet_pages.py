"""What the page of a cmdlet says about it: finished values for its template."""

from dataclasses import dataclass

from jobs.catalogue.availability import cmdlet_problems, cmdlet_warnings
from jobs.catalogue.cmdlets import Cmdlet, raw_cmdlets
from jobs.catalogue.effects import Effect
from jobs.catalogue.examples import example_line
from jobs.catalogue.problems import Problem
from jobs.web.consequences import spoken
from jobs.web.words import EFFECTS, RISKS, SERVICES
from portal.accounts.policy import roles_with
from portal.core.permissions import Permission

_DOES = {
    "Add": "adds to or for",
    "Disable": "switches off",
    "Enable": "switches on",
    "Export": "exports",
    "Get": "reads",
    "Import": "imports",
    "New": "creates",
    "Remove": "removes",
    "Resume": "resumes",
    "Search": "searches",
    "Set": "changes settings of",
    "Start": "starts",
    "Stop": "stops",
    "Suspend": "suspends",
    "Test": "tests",
    "Update": "updates",
    "Validate": "tests",
}
_UNDONE_BY = {
    "Add": "Remove",
    "Disable": "Enable",
    "Enable": "Disable",
    "New": "Remove",
    "Resume": "Suspend",
    "Start": "Stop",
    "Suspend": "Resume",
}
_DOCUMENTATION = "https://learn.microsoft.com/powershell/module/exchangepowershell/"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know before a launch; `cmdlet` is one to look at next, `tone` the class of a risk."""

    title: str
    words: str
    cmdlet: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A call with the parameters that it needs; `made_up` says that its values are."""

    line: str
    made_up: bool


def service_names(services: tuple[str, ...]) -> str:
    """Return services in words, separated by commas."""
    return ", ".join(SERVICES[service] for service in services)


def launch_problems(cmdlet: Cmdlet) -> list[Problem]:
    """Return why the cmdlet can be launched in no service with an app-only connection; empty when it can."""
    by_service = [cmdlet_problems(cmdlet, service, app_only=True) for service in cmdlet.services]
    return [] if not all(by_service) else by_service[0]


def notes(cmdlet: Cmdlet) -> list[str]:
    """Return what to know about the cmdlet before it is launched."""
    return cmdlet_warnings(cmdlet)


def documentation_url(cmdlet: Cmdlet) -> str:
    """Return the address of Microsoft's own page."""
    return f"{_DOCUMENTATION}{cmdlet.name.lower()}"


def facts(cmdlet: Cmdlet) -> list[Fact]:
    """Return what the catalogue knows, in the order of the questions that a person asks."""
    return [
        Fact("Does", f"By its name, it {_DOES.get(cmdlet.verb, f'does “{cmdlet.verb}” to')} {spoken(cmdlet.noun)}."),
        Fact("Risk", RISKS[cmdlet.risk], tone=cmdlet.risk),
        Fact("If it runs twice", EFFECTS[cmdlet.effect]),
        _undoing(cmdlet),
        Fact("Dry run", _dry_run(cmdlet)),
        Fact("Services", service_names(cmdlet.services) + (", Exchange on-premises" if cmdlet.onprem else "")),
        Fact("Clouds", "The catalogue holds no differences between clouds."),
        Fact("Who may run it", _who()),
        Fact("Signed in as", _identity(cmdlet)),
    ]


def related(cmdlet: Cmdlet) -> list[str]:
    """Return the cmdlets with the same noun, and the one that reads what this one changes."""
    same = [name for name, raw in raw_cmdlets().items() if raw["noun"] == cmdlet.noun and name != cmdlet.name]
    reader = str((cmdlet.snapshot or {}).get("get", ""))
    return [*([reader] if reader and reader not in same else []), *sorted(same)]


def example(cmdlet: Cmdlet) -> Example:
    """Return one call of the cmdlet with what it requires."""
    line = example_line(cmdlet)
    return Example(line, made_up=line != cmdlet.name)


def _undoing(cmdlet: Cmdlet) -> Fact:
    """Return whether there is a way back, as far as the catalogue knows."""
    title = "Way back"
    if cmdlet.effect is Effect.READ:
        return Fact(title, "Nothing to undo: it changes nothing.")
    opposite = f"{_UNDONE_BY.get(cmdlet.verb, '')}-{cmdlet.noun}"
    if opposite in raw_cmdlets():
        return Fact(title, "Its opposite, with the same names:", opposite)
    reader = str((cmdlet.snapshot or {}).get("get", ""))
    if cmdlet.risk == "destructive":
        return Fact(title, "None: it cannot be undone." + (" Look first:" if reader else ""), reader)
    if reader:
        return Fact(title, "Setting the values of before. Read them first, they are not kept:", reader)
    return Fact(title, "The catalogue knows none.")


def _dry_run(cmdlet: Cmdlet) -> str:
    if cmdlet.effect is Effect.READ:
        return "Not needed: it changes nothing."
    if cmdlet.whatif_in:
        return f"WhatIf works in {service_names(cmdlet.whatif_in)}."
    return "None: WhatIf does nothing here." if "WhatIf" in cmdlet.parameters else "None."


def _who() -> str:
    roles = [str(role.label) for role in roles_with(Permission.RUN_LAUNCH)]
    return f"{' and '.join(roles)}."


def _identity(cmdlet: Cmdlet) -> str:
    if cmdlet.app_only_excluded:
        return "Needs a signed-in user: an application may not run it."
    roles = f" The role {' or '.join(cmdlet.requires_role)} is not assigned by default." if cmdlet.requires_role else ""
    return f"The application that the organization has consented to.{roles}"
