"""The cmdlets of one organization as a listing."""

from uuid import UUID

from django.urls import reverse

from jobs.connection_tests.comparison import compared
from jobs.web.organization_cmdlets import CmdletsFilterForm, reading_of, wanted_cmdlets
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Selection, Table, address
from tenants.capabilities.sets import Names
from tenants.organizations.selectors import find_organization

READ = frozenset({Permission.RUN_EXPORT, Permission.ORGANIZATION_READ})
COLUMNS = ("Cmdlet", "Standing", "Risk")


def _open(actor: Actor, selection: Selection) -> Table:
    try:
        organization = find_organization(actor, UUID(selection.of_id))
    except ValueError:
        organization = None
    reading = reading_of(actor, organization, selection.query) if organization else None
    if organization is None or reading is None:
        raise Refused("There is no such list of cmdlets. Test the connection first.")
    every = compared(Names.of_set(reading.cmdlets), reading.service)
    form = CmdletsFilterForm(selection.query)
    found = wanted_cmdlets(every, form, selection.query.get("sort") or "name")
    return Table(
        title=f"Cmdlets in {organization}",
        columns=lambda: COLUMNS,
        rows=lambda: (dict(zip(COLUMNS, (each.name, each.standing.value, each.risk), strict=True)) for each in found),
        url=address(reverse("jobs:organization-cmdlets", args=[organization.pk]), selection.query),
        total=len(found),
        filters="; ".join(chip.words for chip in form.chips()),
        facts=[
            ("Connection profile", reading.profile.name),
            ("Service", reading.service),
            ("Read", reading.read_at.isoformat()),
        ],
    )


LISTINGS = (Listing("organization-cmdlets", "Cmdlets of an organization", READ, _open),)
