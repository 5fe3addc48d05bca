"""Re-exports every model for Django; import them from their topics."""

from jobs.approvals.models import Approval, ApprovalNotice, ApprovalPolicy, ApprovalRequest
from jobs.global_stop.models import GlobalStop
from jobs.liveness.models import Canary, Sweep, WorkerProcess
from jobs.reconciliation.models import Reconciliation
from jobs.results.models import Result
from jobs.results.rows.models import RowColumn, RowPart, RowTable
from jobs.runs.models import Attempt, Connection, Run, RunSecret, RunTarget, StepOutcome
from jobs.saved.models import Job, JobStep, LaunchDraft
from jobs.throttling.models import IdentityBreaker, IdentityPace, OrganizationGate

__all__ = [
    "Approval",
    "ApprovalNotice",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Attempt",
    "Canary",
    "Connection",
    "GlobalStop",
    "IdentityBreaker",
    "IdentityPace",
    "Job",
    "JobStep",
    "LaunchDraft",
    "OrganizationGate",
    "Reconciliation",
    "Result",
    "RowColumn",
    "RowPart",
    "RowTable",
    "Run",
    "RunSecret",
    "RunTarget",
    "StepOutcome",
    "Sweep",
    "WorkerProcess",
]
