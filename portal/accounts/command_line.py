"""Who acts on the command line."""

import getpass

from portal.accounts.selectors import person_named
from portal.core.actors import EVERY_RIGHT, Actor, ActorKind, Source


def acting_person(username: str) -> Actor:
    """Return the person called `username`, or the account of this machine: a shell on the server holds every right.

    Raises `PersonUnknown` for a name that nobody has.
    """
    if username:
        return person_named(username).as_actor(Source.COMMAND_LINE)
    account = getpass.getuser()
    return Actor(ActorKind.SYSTEM, f"shell:{account}", f"shell account {account}", (EVERY_RIGHT,), Source.COMMAND_LINE)
