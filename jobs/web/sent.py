"""What was sent to one organization, in words."""

from jobs.runs.models import RunTarget

_SHORT = 90


def sent_line(target: RunTarget) -> str:
    """Return the PowerShell line of the step at which `target` stands."""
    run = target.run
    lines = run.powershell.split("\n")
    return lines[target.step - 1] if len(lines) == run.step_count else run.powershell


def sent_cmdlet(target: RunTarget) -> str:
    """Return the cmdlet of the step at which `target` stands."""
    return sent_line(target).split(" ", 1)[0] if target.run.step_count > 1 else target.run.cmdlet


def sent_arguments(target: RunTarget) -> str:
    """Return the arguments of that step, cut for a list; the page of the target has all."""
    arguments = sent_line(target).removeprefix(sent_cmdlet(target)).strip().removesuffix("-Confirm:$false").strip()
    return arguments if len(arguments) <= _SHORT else f"{arguments[:_SHORT]}…"
