"""Secret parameters of a run: sealed from the draft on, opened by the worker that sends them, erased when it ends."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import orjson
from django.utils import timezone

from jobs.catalogue.secret_values import SecretValue
from jobs.runs.models import Run, RunSecret, column_of, place_of_run_secret
from jobs.runs.states import RunState
from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.fingerprints import fingerprint, is_fingerprint
from portal.core.secrets.secret import Secret

DRAFT_LIFETIME = timedelta(hours=24)
"""How long the secrets of a draft wait for its launch."""


class SecretsErased(SecretUnreadable):
    """The secrets of a run are not there any more."""


def fingerprints_of(run_id: UUID, secrets: Mapping[str, SecretValue], *, step: int = 1) -> dict[str, str]:
    """Return what stands for each secret in the plan: the same value in another run or step looks different."""
    return {
        name: fingerprint(_plain(secret), table="run", row=run_id, column=column_of(step, name))
        for name, secret in secrets.items()
    }


def seal_secrets(run_id: UUID, secrets: Mapping[str, SecretValue], *, step: int = 1) -> None:
    """Store the secrets of one step of a draft, encrypted for this run, step and parameter alone."""
    RunSecret.objects.bulk_create(
        _sealed(RunSecret(run_id=run_id, step=step, name=name, is_protected=secret.is_protected), secret)
        for name, secret in secrets.items()
    )


def open_secrets(run_id: UUID, fingerprints: Mapping[str, str], *, step: int = 1) -> dict[str, SecretValue]:
    """Return the secrets that a step of the plan names by `fingerprints`.

    Raises `SecretUnreadable` unless all open and match.
    """
    rows = RunSecret.objects.filter(run=run_id, step=step) if fingerprints else ()
    stored = {row.name: row for row in rows}
    secrets: dict[str, SecretValue] = {}
    for name in fingerprints:
        if name not in stored:
            raise SecretsErased(f"The secret {name} is erased. Launch again and type it anew.")
        plain = unseal(bytes(stored[name].sealed), **place_of_run_secret(stored[name]))
        if not is_fingerprint(fingerprints[name], plain, table="run", row=run_id, column=column_of(step, name)):
            raise SecretUnreadable("The stored secrets are not those of the reviewed plan.")
        secrets[name] = SecretValue(orjson.loads(plain.reveal()), stored[name].is_protected)
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


def _sealed(row: RunSecret, secret: SecretValue) -> RunSecret:
    row.sealed = seal(_plain(secret), **place_of_run_secret(row))
    return row


def _plain(secret: SecretValue) -> Secret[bytes]:
    return secret.map(orjson.dumps)
