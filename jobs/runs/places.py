"""What is known of the organizations of a run beside the run itself, by organization."""

from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from jobs.runs.models import Run, RunTarget
from jobs.runs.ways import FrozenWays
from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.profiles.facts import ProfileFacts
from tenants.profiles.methods import Method

EARLIER_SHOWN = 50


class Place(NamedTuple):
    """The way into some organizations: by which connection profile, as the plan has frozen it, in which cloud."""

    profile: ProfileFacts
    environment: str


def places_of(*, actor: Actor, run: Run) -> list[tuple[Place, str, UUID]]:
    """Return the frozen way into each organization of a run, with its initial domain and tenant id, by name."""
    ways = FrozenWays.of_plan(run.plan)
    found = Organization.objects.visible_to(actor).filter(run_targets__run=run).order_by("run_targets__position")
    rows = found.values_list("tenant_id", "partner__tenant_id", "environment", "initial_domain")
    return [
        (Place(ways.find(tenant_id) or _of_first_version(run, partner), environment), domain, tenant_id)
        for tenant_id, partner, environment, domain in rows
    ]


def _of_first_version(run: Run, partner_tenant_id: UUID) -> ProfileFacts:
    """Return what a plan of before connection profiles says: the certificate, by partner."""
    thumbprint = run.plan["connection"].get("certificates", {}).get(str(partner_tenant_id), "")
    return ProfileFacts("", "", Method.APP_CERTIFICATE_THUMBPRINT, thumbprint=thumbprint)


def clouds_of(*, actor: Actor, run: Run) -> dict[UUID, str]:
    """Return the cloud (Exchange's environment name) of each organization of a run."""
    found = Organization.objects.visible_to(actor).filter(run_targets__run=run)
    return dict(found.values_list("pk", "environment"))


def groups_of(*, actor: Actor, run: Run) -> dict[UUID, str]:
    """Return the organization group of each organization of a run; of several the first by name."""
    visible = OrganizationGroup.objects.visible_to(actor).filter(organizations__run_targets__run=run)
    return dict(visible.order_by("-name").values_list("organizations__pk", "name"))


def earlier_runs(*, actor: Actor, run: Run, number: int = EARLIER_SHOWN) -> list[Run]:
    """Return the latest runs of the same cmdlet that were launched before `run` and have ended, newest first.

    Of a run of several steps, those that began with the same cmdlet and had as many.
    """
    same = Run.objects.visible_to(actor).filter(
        cmdlet=run.cmdlet, step_count=run.step_count, launched_at__lte=run.launched_at
    )
    return list(same.exclude(Q(pk=run.pk) | Q(finished_at=None)).order_by("-launched_at", "-pk")[:number])


def outcomes_before(*, actor: Actor, run: Run) -> dict[UUID, str]:
    """Return the state of each organization in the latest earlier run of the same cmdlet; empty without one."""
    previous = earlier_runs(actor=actor, run=run, number=1)
    targets = RunTarget.objects.visible_to(actor).filter(run__in=previous)
    return dict(targets.values_list("organization_id", "state"))
