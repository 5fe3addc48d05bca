"""How many sign-ins may fail, for one account and from one network: counted in the database, for all processes."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.utils import timezone

from portal.accounts.throttling.models import SignInFailure
from portal.core.refusals import Refused
from portal.core.secrets.fingerprints import fingerprint

OF_ACCOUNT, ACCOUNT_WINDOW = 5, timedelta(minutes=5)
OF_NETWORK, NETWORK_WINDOW = 30, timedelta(minutes=1)
_PREFIXES = {4: 24, 6: 64}


class TooManyFailures(Refused):
    """Too many sign-ins failed lately; what was typed was not even looked at."""


def require_room(*, username: str, address: str) -> None:
    """Raise `TooManyFailures` when too many sign-ins failed for this account, or from this network, lately."""
    now = timezone.now()
    failures = SignInFailure.objects
    of_account = failures.filter(account=_account(username), failed_at__gt=now - ACCOUNT_WINDOW).count()
    of_network = failures.filter(network=network_of(address), failed_at__gt=now - NETWORK_WINDOW).count()
    if of_account >= OF_ACCOUNT or of_network >= OF_NETWORK:
        raise TooManyFailures(
            "Too many sign-ins failed. Wait five minutes, then type sign-in name and password with care. "
            "Signing in with Microsoft goes on working."
        )


def note_failure(*, username: str, address: str) -> None:
    """Remember that a sign-in failed, and forget what is too old to count."""
    now = timezone.now()
    SignInFailure.objects.filter(failed_at__lte=now - ACCOUNT_WINDOW).delete()
    SignInFailure.objects.create(account=_account(username), network=network_of(address), failed_at=now)


def forgive(*, username: str) -> None:
    """Forget the failures of an account whose person has just proved to be there."""
    SignInFailure.objects.filter(account=_account(username)).delete()


def network_of(address: str) -> str:
    """Return the network of an address: its /24, of IPv6 its /64; what is no address is its own network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    return str(ip_network(f"{found}/{_PREFIXES[found.version]}", strict=False))


def _account(username: str) -> str:
    return fingerprint(username.strip().lower().encode(), table="sign_in_failure", column="account", row="")
