"""Things that tests need, in the words of the domain."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pyotp
from django.utils import timezone

from jobs.approvals.policies import PolicyRequest, policies, save_policy
from jobs.catalogue.effects import Effect
from jobs.reconciliation.models import Reconciliation
from jobs.results.bodies import pack, pack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Attempt, CloseKind, Connection, Run, RunTarget, StepOutcome
from jobs.runs.plans import build_plan, hash_of
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState, is_open
from jobs.runs.steps import OnFailure, Step
from portal.accounts.factors.codes import new_seed
from portal.accounts.factors.models import Factor, FactorKind
from portal.accounts.grants.models import CustomRole, RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.core.actors import Actor, Source
from portal.core.authority import Grant, ScopeKind
from portal.core.permissions import Permission
from portal.core.secrets.envelope import seal
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.services import add_app_registration, add_certificate
from tenants.capabilities.models import Capabilities
from tenants.capabilities.sets import Names
from tenants.demo import self_signed_certificate
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.services import DEFAULT_NAME
from tenants.sign_ins.models import PersonalSignIn
from tenants.sign_ins.secrets import seal_refresh_token

SYSTEM = Actor.system("test")
PASSWORD = "correct horse battery staple"
_numbers = count(1)


ADMINISTRATOR = (Role.PARTNER_ADMINISTRATOR, Role.PLATFORM_ADMINISTRATOR, Role.SENIOR_TECHNICIAN)
"""The roles of somebody who may do everything but approve."""


def make_person(*roles: Role | None, username: str = "") -> User:
    number = next(_numbers)
    user = User(username=username or f"person{number}", display_name=f"Person {number}")
    user.set_password(PASSWORD)
    user.save()
    for role in filter(None, roles or (Role.SENIOR_TECHNICIAN,)):
        grant(user, role)
    return user


def grant(
    person: User,
    role: Role | CustomRole,
    *,
    over: Partner | OrganizationGroup | Organization | None = None,
    **values: Any,
) -> RoleGrant:
    """Give a person a role, over everything or over one place."""
    kinds = {Partner: ScopeKind.PARTNER, OrganizationGroup: ScopeKind.GROUP, Organization: ScopeKind.ORGANIZATION}
    scope = {"scope_kind": kinds[type(over)], "scope_id": over.pk, "scope_name": str(over)} if over else {}
    held: dict[str, Any] = {"role": role} if isinstance(role, Role) else {"role": "", "custom_role": role}
    return RoleGrant.objects.create(user=person, granted_by="test", **held, **scope, **values)


def make_app(person: User) -> str:
    """Give a person an authenticator app; returns its seed."""
    seed = new_seed()
    factor = Factor(person=person, kind=FactorKind.APP, name="App")
    factor.sealed_seed = seal(seed.encode(), **Factor.sealed_seed.field.place(factor))
    factor.save(force_insert=True)
    return seed


def code_of(seed: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows now, or so many half minutes later."""
    return pyotp.TOTP(seed).at(timezone.now() + timedelta(seconds=30 * steps))


def holding(permissions: Iterable[Permission], *, actor: Actor = SYSTEM) -> Actor:
    """Return `actor` with exactly these permissions, over everything."""
    return replace(actor, grants=(Grant(1, "Some role", frozenset(permissions)),))


def label_of(user: User) -> str:
    """How events and runs name a person."""
    return user.as_actor(Source.WEB).label


def ask_for_no_approval() -> None:
    """Switch every approval policy of Signalbox's own off, as an administrator does."""
    for policy in (each for each in policies() if each.is_on):
        request = PolicyRequest(
            policy.name, is_on=False, risks=policy.risks, over_organizations=policy.over_organizations
        )
        save_policy(actor=SYSTEM, reference=policy.key or str(policy.pk), request=request)


def make_partner(**values: Any) -> Partner:
    number = next(_numbers)
    defaults = {
        "name": f"Partner {number}",
        "tenant_id": uuid4(),
        "initial_domain": f"partner{number}.onmicrosoft.com",
    }
    partner = Partner.objects.create(**{**defaults, **values})
    assign(make_profile(partner, name=DEFAULT_NAME), partner=partner)
    return partner


def make_profile(partner: Partner, **values: Any) -> ConnectionProfile:
    defaults = {"name": f"Profile {next(_numbers)}", "method": Method.APP_CERTIFICATE_THUMBPRINT, "changed_by": "test"}
    return ConnectionProfile.objects.create(partner=partner, **{**defaults, **values})


def assign(profile: ConnectionProfile, *, rank: int = 0, **place: Any) -> None:
    """Let a profile apply to `partner=`, `group=` or `organization=`, for the services that it opens."""
    for service in (ProfileService.EXCHANGE, ProfileService.COMPLIANCE):
        if ProfileService(profile.service).covers(service):
            ProfileAssignment.objects.create(profile=profile, service=service, rank=rank, assigned_by="test", **place)


def make_sign_in(person: User, home: Partner | Organization, **values: Any) -> PersonalSignIn:
    """Return a person's own account, signed in at the tenant of a partner or an organization; its token is no good."""
    now = timezone.now()
    defaults = {
        "session": "0" * 64,
        "method": Method.INTERACTIVE,
        "environment": home.environment,
        "tenant_id": home.tenant_id,
        "tenant_name": home.name,
        "application_id": uuid4(),
        "is_public_client": True,
        "user_principal_name": "person@partner.example",
        "signed_in_with_mfa": True,
        "signed_in_at": now,
        "ends_at": now + timedelta(hours=8),
    }
    sign_in = PersonalSignIn(person_id=str(person.pk), **{**defaults, **values})
    sign_in.sealed_refresh_token = seal_refresh_token(sign_in, "no good")
    sign_in.save(force_insert=True)
    return sign_in


def make_capabilities(
    organizations: Sequence[Organization], *names: str, service: str = "exo", **values: Any
) -> list[Capabilities]:
    """Store what the first connection profile of their partner is offered in `organizations`."""
    cmdlets = Names.of(names).as_set()
    cmdlets.save()
    now = timezone.now()
    applications = organizations[0].partner.app_registrations.values_list("application_id", flat=True)
    defaults = {
        "profile": values.pop("profile", None) or organizations[0].partner.connection_profiles.order_by("pk")[0],
        "identity": f"application {', '.join(map(str, applications))}",
        "run_id": uuid4(),
        "read_at": now,
        "changed_at": now,
    }
    return Capabilities.objects.bulk_create(
        Capabilities(organization=each, service=service, cmdlets=cmdlets, **{**defaults, **values})
        for each in organizations
    )


def make_app_registration(partner: Partner | None = None, *, certificate: bool = True) -> AppRegistration:
    app_registration = add_app_registration(
        actor=SYSTEM, partner=partner or make_partner(), display_name="Signalbox", application_id=uuid4()
    )
    if certificate:
        add_certificate(actor=SYSTEM, app_registration=app_registration, material=self_signed_certificate())
    return app_registration


def make_certificate(app_registration: AppRegistration, *, days: int = 365) -> Certificate:
    material = self_signed_certificate(days)
    return add_certificate(actor=SYSTEM, app_registration=app_registration, material=material)


def make_organizations(number: int, *, partner: Partner | None = None, **values: Any) -> list[Organization]:
    partner = partner or Partner.objects.first() or make_partner()
    made = []
    for _ in range(number):
        index = next(_numbers)
        defaults = {
            "name": f"Customer {index:05}",
            "tenant_id": uuid4(),
            "initial_domain": f"customer{index}.onmicrosoft.com",
            "default_domain": f"customer{index}.example",
        }
        made.append(Organization(partner=partner, **{**defaults, **values}))
    return Organization.objects.bulk_create(made)


def make_group(name: str, organizations: Sequence[Organization] = ()) -> OrganizationGroup:
    group = OrganizationGroup.objects.create(name=name)
    group.organizations.set(organizations)
    return group


def make_run(
    *,
    state: RunState = RunState.SUCCEEDED,
    organizations: int | Sequence[Organization] = 3,
    states: Sequence[TargetState] = (),
    cmdlet: str = "Get-AcceptedDomain",
    requested_by: User | None = None,
    rows: Sequence[dict[str, Any]] = (),
    **values: Any,
) -> Run:
    """Return a run whose targets are in `states` (repeated as needed; by default what fits the run's state)."""
    places = make_organizations(organizations) if isinstance(organizations, int) else list(organizations)
    open_run = is_open(state)
    states = states or [TargetState.QUEUED if open_run else TargetState.SUCCEEDED]
    label = str(requested_by) if requested_by else "Person"
    plan = build_plan(
        steps=[Step(cmdlet, cmdlet, Effect(values.get("effect", "read")), {})],
        service="exo",
        catalogue_version="test",
        connection={"method": "app-only certificate", "certificates": {}},
        organizations=places,
        requested_by=label,
        reason="",
        ticket="",
    )
    now = timezone.now()
    facts: dict[str, Any] = {
        "state": state,
        "cmdlet": cmdlet,
        "risk": "read",
        "effect": "read",
        "service": "exo",
        "plan": plan,
        "plan_version": plan["version"],
        "plan_hash": hash_of(plan),
        "powershell": cmdlet,
        "target_count": len(places),
        "requested_by_id": str(requested_by.pk) if requested_by else "test",
        "requested_by": label,
        "launched_at": None if state == RunState.DRAFT else now,
        "started_at": None if state in (RunState.DRAFT, RunState.QUEUED) else now,
        "finished_at": None if open_run or state == RunState.DRAFT else now,
    }
    run = Run.objects.create(**{**facts, **values})
    if state == RunState.DRAFT:
        return run
    targets = [
        RunTarget(
            run=run,
            organization=place,
            organization_name=place.name,
            position=position,
            state=(target_state := states[position % len(states)]),
            queued_at=now,
            changed_at=now,
            started_at=None if target_state == TargetState.QUEUED else now,
            finished_at=None if target_state in OPEN_TARGET_STATES else now,
        )
        for position, place in enumerate(places)
    ]
    RunTarget.objects.bulk_create(targets, batch_size=1000)
    if not open_run:
        run.counts = RunTarget.objects.filter(run=run).count_by_state()
        run.save(update_fields=["counts"])
    for target in targets:
        if rows and target.state == TargetState.SUCCEEDED:
            make_result(target, rows)
    if rows:
        RunTarget.objects.filter(run=run, state=TargetState.SUCCEEDED).update(row_count=len(rows))
    return run


def make_run_of_steps(
    *cmdlets: str, ended: Sequence[Sequence[tuple[TargetState, int | None]]], on_failure: OnFailure = OnFailure.STOP
) -> Run:
    """Return an ended run of several steps: for each organization, how each step ended and how many objects it brought.

    A step without a number of objects was not answered. The objects are called after cmdlet and number.
    """
    states = [steps[-1][0] for steps in ended]
    places = make_organizations(len(ended))
    plan = build_plan(
        steps=[Step(cmdlet, cmdlet, Effect.READ, {}) for cmdlet in cmdlets],
        service="exo",
        catalogue_version="test",
        connection={"certificates": {}},
        organizations=places,
        requested_by="Person",
        reason="",
        ticket="",
        on_failure=on_failure,
    )
    final = RunState.SUCCEEDED if set(states) == {TargetState.SUCCEEDED} else RunState.PARTLY_FAILED
    facts: dict[str, Any] = {
        "plan": plan,
        "plan_hash": hash_of(plan),
        "step_count": len(cmdlets),
        "powershell": "\n".join(cmdlets),
    }
    run = make_run(state=final, organizations=places, states=states, cmdlet=cmdlets[0], **facts)
    for target, steps in zip(run.targets.order_by("position"), ended, strict=True):
        attempt = Attempt.objects.create(
            run_target=target, number=1, fence=1, worker="test:1", claimed_at=target.queued_at, outcome=target.state
        )
        for step, (state, number) in enumerate(steps, start=1):
            StepOutcome.objects.create(
                run_target=target,
                step=step,
                attempt=attempt,
                state=state,
                error_class="" if state == TargetState.SUCCEEDED else "object_not_found",
                row_count=number,
                ended_at=target.queued_at,
            )
            rows = [{"Name": f"{cmdlets[step - 1]} {index}"} for index in range(number or 0)]
            if number is not None:
                make_result(target, rows, attempt=attempt, step=step)
        RunTarget.objects.filter(pk=target.pk).update(row_count=steps[-1][1], step=len(steps))
    return run


def make_connection(target: RunTarget, **values: Any) -> Connection:
    """Return a ledger row of a target's attempt, its first one where there is one; closed normally unless told."""
    now = timezone.now()
    attempt = target.attempts.first() or Attempt.objects.create(
        run_target=target, number=1, fence=1, worker="test:1", claimed_at=now
    )
    facts: dict[str, Any] = {
        "run_id": target.run_id,
        "organization_id": target.organization_id,
        "service": "exo",
        "environment": "O365Default",
        "host": "outlook.office365.com",
        "method": Method.APP_CERTIFICATE_THUMBPRINT,
        "identity": "application 1, certificate 2",
        "requested_by": target.run.requested_by,
        "opened_by": "test:1",
        "opened_at": now - timedelta(seconds=2),
        "closed_at": now,
    }
    facts.update(values)
    if facts["closed_at"] is not None:
        closed = {"closed_by": "test:1", "close_kind": CloseKind.NORMAL, "close_reason": "done", "cmdlet_count": 1}
        facts = {**closed, **facts}
    return Connection.objects.create(id=uuid4(), attempt=attempt, **facts)


def make_reconciliation(target: RunTarget, verdict: str, **values: Any) -> Reconciliation:
    """Return a look at an unknown outcome: one value differs from what was sent, one is as sent."""
    now = timezone.now()
    facts: dict[str, Any] = {
        "look": 1,
        "verdict": verdict,
        "detail": "MailTip differs from what was sent.",
        "lines": [
            {"name": "MailTip", "wanted": "Away", "found": "", "match": "differs"},
            {"name": "CustomAttribute1", "wanted": "a", "found": "a", "match": "same"},
        ],
        "read_cmdlet": "Get-Mailbox",
        "request_id": "12345-request",
        "by_id": "reconciler",
        "by": "reconciler",
        "made_at": now,
        "looked_at": now,
        "judged_at": now,
    }
    return Reconciliation.objects.create(run_target=target, **{**facts, **values})


def make_result(
    target: RunTarget,
    rows: Sequence[dict[str, Any]],
    *,
    number: int = 1,
    attempt: Attempt | None = None,
    step: int = 1,
) -> Result:
    now = timezone.now()
    attempt = attempt or Attempt.objects.create(
        run_target=target,
        number=number,
        fence=number,
        worker="test:1",
        claimed_at=now,
        intended_at=now,
        answered_at=now,
        ended_at=now,
        outcome=target.state,
    )
    body = pack(rows)
    return Result.objects.create(
        attempt=attempt,
        step=step,
        run_target=target,
        body=body.compressed,
        row_count=body.row_count,
        byte_count=body.byte_count,
        sha256=body.sha256,
        columns=body.columns,
        exchanges=pack_exchanges([]),
        duration_ms=1,
        received_at=now,
    )
