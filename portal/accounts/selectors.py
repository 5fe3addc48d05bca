"""Questions about people."""

from portal.accounts.models import User
from portal.core.refusals import Refused


class PersonUnknown(Refused):
    """Nobody has this sign-in name."""


def person_named(username: str) -> User:
    """Return the person who may sign in as `username`; raises `PersonUnknown`."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        known = ", ".join(
            User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:20]
        )
        raise PersonUnknown(f"Nobody can sign in as “{username}”. Known are: {known or 'nobody yet'}.")
    return user
