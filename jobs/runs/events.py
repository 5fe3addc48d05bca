"""How audit events name runs and run targets."""

from jobs.runs.models import Run, RunTarget
from portal.audit.services import Object


def run_as_object(run: Run) -> Object:
    """Return how audit events name a run."""
    return Object("run", str(run.pk), str(run), run_id=run.pk)


def target_as_object(target: RunTarget) -> Object:
    """Return how audit events name one organization of a run."""
    return Object(
        "run target",
        str(target.pk),
        target.organization_name,
        organization_id=target.organization_id,
        organization_name=target.organization_name,
        run_id=target.run_id,
    )
