"""The organizations of a volume: those that are there, and made-up ones up to the number that is wanted."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from jobs.volume.chance import Chance
from portal.core.actors import Actor
from tenants.organizations.models import Organization, Reachability, RelationshipState
from tenants.partner.models import Partner
from tenants.profiles.partners import connect_partner_with_profile

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
TRADES = [
    "Bakery",
    "Brewing",
    "Clinic",
    "Dental",
    "Foods",
    "Freight",
    "Garage",
    "Homes",
    "Law",
    "Legal",
    "Logistics",
    "Motors",
    "Optics",
    "Partners",
    "Textiles",
]
TOWNS = [
    "Aarhus",
    "Bergen",
    "Bremen",
    "Delft",
    "Exeter",
    "Ghent",
    "Graz",
    "Kent",
    "Leeds",
    "Lyon",
    "Malmo",
    "Nantes",
    "Oslo",
    "Parma",
    "Porto",
    "Riga",
    "Turku",
    "Ulm",
]
CLOSED_SHARE = 0.05


def make_organizations(chance: Chance, number: int) -> list[Organization]:
    """Return `number` organizations by name; what is missing is made up."""
    present = list(Organization.objects.served().order_by("name", "pk")[:number])
    missing = number - len(present)
    if missing > 0:
        partner = Partner.objects.order_by("created_at").first() or _make_partner(chance)
        made = [_organization(chance, partner, index) for index in range(missing)]
        present += Organization.objects.bulk_create(made, batch_size=500)
    return sorted(present, key=lambda place: (place.name, str(place.pk)))


def _make_partner(chance: Chance) -> Partner:
    return connect_partner_with_profile(
        actor=Actor.system("volume"),
        name="Volume Partner",
        tenant_id=UUID(chance.key()),
        initial_domain="volume.onmicrosoft.com",
    )


def _organization(chance: Chance, partner: Partner, index: int) -> Organization:
    town, trade = chance.choice(TOWNS), chance.choice(TRADES)
    label = f"{town}{trade}{index}".lower()
    is_closed = chance.random() < CLOSED_SHARE
    return Organization(
        id=UUID(chance.identifier(EPOCH)),
        partner=partner,
        tenant_id=UUID(chance.key()),
        name=f"{town} {trade} {index:04}",
        initial_domain=f"{label}.onmicrosoft.com",
        default_domain=f"{label}.example",
        relationship_state=RelationshipState.ENDED if is_closed else RelationshipState.ACTIVE,
        relationship_ends_at=timezone.now() + timedelta(days=chance.randrange(5, 700)),
        reachability=Reachability.UNREACHABLE if is_closed else Reachability.REACHABLE,
        reachability_class="no_consent" if is_closed else "",
        reachability_reason="The application has no consent in this organization." if is_closed else "",
        reachability_fix="Consent to the application in this organization." if is_closed else "",
        reachability_checked_at=timezone.now(),
    )
