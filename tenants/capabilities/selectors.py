"""What pages ask about capabilities."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet

from portal.core.actors import Actor
from tenants.capabilities.models import Capabilities, CmdletSet
from tenants.capabilities.sets import enclosed
from tenants.organizations.conditions import may_run
from tenants.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Offer:
    """How many organizations offer the same number of cmdlets to the same connection profile."""

    profile_id: UUID
    profile_name: str
    partner_name: str
    cmdlets: int
    organizations: int


@dataclass(frozen=True, slots=True)
class Known:
    """Which of some cmdlets are not offered to one profile in one organization, and as whom that was read.

    `read_at` is aware UTC.
    """

    identity: str
    lacks: tuple[str, ...]
    read_at: datetime
    is_outdated: bool


def visible_capabilities(actor: Actor) -> QuerySet[Capabilities]:
    """Return the capabilities in the organizations that `actor` may see."""
    return Capabilities.objects.filter(organization__in=Organization.objects.visible_to(actor))


def capabilities_of(actor: Actor, organization: Organization) -> list[Capabilities]:
    """Return what was read in one organization, by service and profile."""
    found = visible_capabilities(actor).filter(organization=organization)
    return list(found.select_related("profile", "cmdlets").order_by("service", "profile__name", "pk"))


def offers_read_by(actor: Actor, run_id: UUID) -> list[Offer]:
    """Return what a connection test read that no later one has read again, the most organizations first."""
    rows = visible_capabilities(actor).filter(run_id=run_id).order_by()
    counted = rows.values_list("profile", "profile__name", "profile__partner__name", "cmdlets__number").annotate(
        number=Count("pk")
    )
    return [Offer(*row) for row in sorted(counted, key=lambda row: (-row[4], row[1:]))]


def known_of_cmdlets(
    actor: Actor,
    *,
    organization_ids: Sequence[UUID],
    profile_ids: Iterable[UUID],
    service: str,
    cmdlets: Collection[str],
) -> dict[tuple[UUID, UUID], Known]:
    """Return what is known of `cmdlets`, by organization and profile, in two queries; nothing of who was not tested."""
    rows = visible_capabilities(actor).filter(
        organization__in=organization_ids, profile__in=list(profile_ids), service=service
    )
    columns = rows.values_list("organization_id", "profile_id", "identity", "cmdlets_id", "read_at", "outdated_at")
    lacking = _lacking(rows, list(dict.fromkeys(cmdlets)))
    return {
        (organization, profile): Known(identity, lacking[set_id], read_at, outdated_at is not None)
        for organization, profile, identity, set_id, read_at, outdated_at in columns
    }


def _lacking(rows: QuerySet[Capabilities], cmdlets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return which of `cmdlets` each set lacks that one of `rows` has."""
    has = {f"has_{index}": Q(names__icontains=enclosed(cmdlet)) for index, cmdlet in enumerate(cmdlets)}
    sets = CmdletSet.objects.filter(pk__in=rows.order_by().values("cmdlets")).annotate(
        **{name: ExpressionWrapper(condition, output_field=BooleanField()) for name, condition in has.items()}
    )
    return {
        set_id: tuple(cmdlet for cmdlet, held in zip(cmdlets, holds, strict=True) if not held)
        for set_id, *holds in sets.values_list("pk", *has)
    }


@dataclass(frozen=True, slots=True)
class Offering:
    """In how many organizations a tested connection profile is offered a cmdlet, in how many none is, and unknown."""

    yes: int
    no: int
    unknown: int


def count_offering(actor: Actor, *, service: str, cmdlet: str) -> Offering:
    """Count the served organizations by whether `cmdlet` may be run there, in one query."""
    served = Organization.objects.visible_to(actor).served()
    counts = {answer: Count("pk", filter=may_run(answer, service, cmdlet)) for answer in ("yes", "no", "unknown")}
    return Offering(**served.aggregate(**counts))
