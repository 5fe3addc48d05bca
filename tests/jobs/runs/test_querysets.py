"""What an actor sees of runs, their targets, organizations, groups and the audit trail."""

from typing import Any

import pytest
from django.db import transaction

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.policy import ROLES, Role
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind, Source
from portal.core.authority import Grant
from portal.core.permissions import Permission
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_group, make_run

pytestmark = pytest.mark.django_db


def somebody(*permissions: Permission) -> Actor:
    return Actor(ActorKind.PERSON, "1", "Somebody", (Grant(1, "Some", frozenset(permissions)),), Source.WEB)


@pytest.mark.parametrize(
    ("model", "needed"),
    [
        (Run, {Permission.RUN_READ, Permission.ORGANIZATION_READ}),
        (RunTarget, {Permission.RUN_READ, Permission.ORGANIZATION_READ}),
        (Organization, {Permission.ORGANIZATION_READ}),
        (OrganizationGroup, {Permission.ORGANIZATION_READ}),
        (AuditEvent, {Permission.AUDIT_EVENT_READ}),
    ],
)
def test_rows_are_visible_with_exactly_the_permissions_that_they_need(model: Any, needed: set[Permission]) -> None:
    run = make_run(organizations=1)
    make_group("Gold", [run.targets.get().organization])
    with transaction.atomic():
        record(AuditAction.RUN_STARTED, actor=SYSTEM, target=Object("run", str(run.pk), str(run)))
    assert model.objects.visible_to(somebody(*needed)).count() == 1
    for missing in needed:
        others = set(Permission) - {missing}
        assert model.objects.visible_to(somebody(*others)).count() == 0, f"visible without {missing}"


def test_every_role_but_the_platform_administrator_sees_runs() -> None:
    make_run(organizations=1)
    for role, facts in ROLES.items():
        seen = int(role != Role.PLATFORM_ADMINISTRATOR)
        assert Run.objects.visible_to(somebody(*facts.permissions)).count() == seen
        assert RunTarget.objects.visible_to(somebody(*facts.permissions)).count() == seen


def test_open_runs_and_targets_are_those_without_an_end() -> None:
    make_run(state=RunState.DRAFT)
    make_run(state=RunState.SUCCEEDED)
    queued = make_run(state=RunState.QUEUED, organizations=1)
    running = make_run(
        state=RunState.RUNNING, organizations=3, states=[TargetState.SUCCEEDED, TargetState.RUNNING, TargetState.QUEUED]
    )
    assert set(Run.objects.open()) == {queued, running}
    assert set(RunTarget.objects.open().values_list("state", flat=True)) == {"queued", "running"}
    assert RunTarget.objects.open().count() == 3
    assert Run.objects.launched().count() == 3


def test_counts_by_state_name_only_states_that_occur() -> None:
    run = make_run(organizations=3, states=[TargetState.SUCCEEDED, TargetState.FAILED, TargetState.SUCCEEDED])
    assert run.targets.order_by("position").count_by_state() == {"succeeded": 2, "failed": 1}
