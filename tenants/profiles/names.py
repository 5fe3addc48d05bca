"""Finding connection profiles by what people call them."""

from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import usable_profiles


class ProfileUnknown(Refused):
    """No connection profile, or more than one, is meant."""


def profile_named(actor: Actor, text: str) -> ConnectionProfile:
    """Return the profile in use called `text`, in any case; `PARTNER/NAME` where several partners have one.

    Raises `ProfileUnknown` and says which ones exist.
    """
    stored = usable_profiles(actor)
    wanted = text.strip().casefold()
    found = [each for each in stored if wanted in (each.name.casefold(), f"{each.partner}/{each}".casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        whole = " or ".join(f"“{each.partner}/{each}”" for each in found)
        raise ProfileUnknown(f"Several partners have a connection profile “{text}”. Write {whole}.")
    known = ", ".join(each.name for each in stored[:20])
    raise ProfileUnknown(f"There is no connection profile called “{text}”. There are: {known or 'none yet'}.")
