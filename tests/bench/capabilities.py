"""What capabilities of a thousand organizations weigh, and how long the review's prediction takes with them."""

import time
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from jobs.catalogue.cmdlets import raw_cmdlets
from jobs.catalogue.effects import Effect
from jobs.runs.predictions import predictions
from jobs.runs.steps import Step
from tenants.capabilities.models import Capabilities
from tenants.capabilities.services import Reading, note_capabilities
from tenants.capabilities.sets import Names
from tests.factories import SYSTEM, make_app_registration, make_organizations

ORGANIZATIONS = 1000
NAMES = 825
ROUNDS = 20


def main() -> None:
    """Print the figures; nothing of it stays in the database."""
    with transaction.atomic():
        _measure()
        transaction.set_rollback(True)


def _measure() -> None:
    partner = make_app_registration().partner
    profile = partner.connection_profiles.get()
    places = make_organizations(ORGANIZATIONS, partner=partner)
    every = sorted(raw_cmdlets())[:NAMES]
    readings = [
        Reading(
            organization_id=place.pk,
            organization_name=place.name,
            profile_id=profile.pk,
            profile_name=profile.name,
            service="exo",
            identity="application",
            run_id=uuid4(),
            read_at=timezone.now(),
            names=Names.of(every if number % 10 else every[:300]),
        )
        for number, place in enumerate(places)
    ]
    began = time.monotonic()
    note_capabilities(actor=SYSTEM, readings=readings)
    stored = time.monotonic() - began
    facts = {"id": str(profile.pk), "name": profile.name, "method": profile.method}
    ways = {"profiles": {str(profile.pk): facts}, "usual": str(profile.pk), "otherwise": {}}
    plan = {"connection": ways, "service": "exo", "steps": [Step(every[-1], every[-1], Effect.READ, {}).as_plan()]}
    began = time.monotonic()
    for _ in range(ROUNDS):
        found = predictions(actor=SYSTEM, plan=plan, organizations=places)
    took = (time.monotonic() - began) / ROUNDS
    print("Capabilities")
    print(
        f"  {ORGANIZATIONS:,} organizations of {NAMES} cmdlets: {_bytes('capabilities') / 1000:.0f} kB, and "
        f"{_bytes('cmdlet_set') / 1000:.0f} kB for the distinct sets; stored at once in {stored:.2f} s; "
        f"{Capabilities.objects.filter(profile=profile).count():,} rows"
    )
    print(
        f"  prediction of a refusal for {len(found[0].organizations)} of {ORGANIZATIONS:,} organizations: "
        f"{took * 1000:.0f} ms"
    )


def _bytes(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
        return int(cursor.fetchone()[0])
