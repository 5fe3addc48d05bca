"""The tenant segment of a login address (exchange-protocol.md 1.1 R1.5)."""

from portal.sandbox.cloud import Cloud
from portal.sandbox.doors import DIRECTORY_OF, Door
from portal.sandbox.login.refusals import Refused
from portal.sandbox.world.clouds import CLOUDS
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import Person

ANY_ORGANIZATION = frozenset({"organizations", "common"})


def read_authority(cloud: Cloud, tenant: str) -> Organization | None:
    """The organization that the segment names; None where the person's own decides. Raises Refused if unknown."""
    if tenant.lower() in ANY_ORGANIZATION:
        return None
    organization = cloud.find(tenant)
    if organization is None:
        raise Refused(90002, tenant=tenant)
    return organization


def find_person(cloud: Cloud, door: Door, name: str) -> Person | None:
    """The person with this user principal name, if the directory behind the door has him."""
    person = cloud.people.find(name)
    return person if person and CLOUDS[person.home.cloud].directory == DIRECTORY_OF[door] else None
