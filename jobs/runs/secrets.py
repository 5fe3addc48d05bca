"""Secret parameters of a run: sealed from the draft on, opened by the worker that sends them, erased when it ends."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import orjson
from django.utils import timezone

from jobs.catalogue.secret_values import Secret
from jobs.runs.models import Run, RunSecret
from jobs.runs.states import RunState
from portal.core.secrets import SecretUnreadable, fingerprint, seal, unseal

DRAFT_LIFETIME = timedelta(hours=24)
"""How long the secrets of a draft wait for its launch."""


class SecretsErased(SecretUnreadable):
    """The secrets of a run are not there any more."""


def fingerprints_of(run_id: UUID, secrets: Mapping[str, Secret], *, step: int = 1) -> dict[str, str]:
    """Return what stands for each secret in the plan: the same value in another run or step looks different."""
    return {
        name: fingerprint(_plain(secret), table="run", row=run_id, column=_column(step, name))
        for name, secret in secrets.items()
    }


def seal_secrets(run_id: UUID, secrets: Mapping[str, Secret], *, step: int = 1) -> None:
    """Store the secrets of one step of a draft, encrypted for this run, step and parameter alone."""
    RunSecret.objects.bulk_create(
        RunSecret(
            run_id=run_id,
            step=step,
            name=name,
            is_protected=secret.is_protected,
            sealed=seal(_plain(secret), table="run_secret", row=run_id, column=_column(step, name)),
        )
        for name, secret in secrets.items()
    )


def open_secrets(run_id: UUID, fingerprints: Mapping[str, str], *, step: int = 1) -> dict[str, Secret]:
    """Return the secrets that a step of the plan names by `fingerprints`.

    Raises `SecretUnreadable` unless all open and match.
    """
    rows = RunSecret.objects.filter(run=run_id, step=step) if fingerprints else ()
    stored = {row.name: row for row in rows}
    secrets: dict[str, Secret] = {}
    for name in fingerprints:
        if name not in stored:
            raise SecretsErased(f"The secret {name} is erased. Launch again and type it anew.")
        plain = unseal(bytes(stored[name].sealed), table="run_secret", row=run_id, column=_column(step, name))
        secrets[name] = Secret(orjson.loads(plain), stored[name].is_protected)
    if fingerprints_of(run_id, secrets, step=step) != dict(fingerprints):
        raise SecretUnreadable("The stored secrets are not those of the reviewed plan.")
    return secrets


def missing_secrets(run: Run) -> list[str]:
    """Return the secret parameters of the plan that are not stored (any more)."""
    wanted = [(position, name) for position, step in enumerate(run.steps, start=1) for name in step.secrets]
    stored = set(RunSecret.objects.filter(run=run).values_list("step", "name")) if wanted else set()
    return [name for position, name in wanted if (position, name) not in stored]


def erase_secrets(run_id: UUID) -> int:
    """Forget the secrets of a run that has ended or was discarded; returns how many."""
    return RunSecret.objects.filter(run=run_id).delete()[0]


def sweep_secrets() -> int:
    """Forget the secrets of drafts that nobody launched in time; returns how many."""
    old = timezone.now() - DRAFT_LIFETIME
    return RunSecret.objects.filter(run__state=RunState.DRAFT, run__drafted_at__lt=old).delete()[0]


def _plain(secret: Secret) -> bytes:
    return orjson.dumps(secret.value)


def _column(step: int, name: str) -> str:
    return name if step == 1 else f"{step}/{name}"
