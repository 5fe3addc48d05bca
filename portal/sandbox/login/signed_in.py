"""Who signed in, how, when and where: what codes, refresh tokens and browser sessions stand for."""

from dataclasses import dataclass

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.login.refusals import Refused
from portal.sandbox.tokens import RefreshGrant
from portal.sandbox.world.people import Person

REFUSED_STATES = {"disabled": 50057, "locked": 50053, "password_expired": 50055}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who proved who he is: `amr` says how, `at` when (Unix time), `tenant` at which tenant's authority."""

    person: Person
    amr: tuple[str, ...]
    at: float
    tenant: str

    def grant(self, application: Application) -> RefreshGrant:
        """What a refresh token of this sign-in stands for."""
        home, client = self.person.home.tenant_id, application.application_id
        return RefreshGrant(self.person.object_id, client, self.at, home, self.tenant, self.amr)


def check_state(person: Person) -> None:
    """Raise Refused if the account may not sign in."""
    code = REFUSED_STATES.get(person.state)
    if code:
        raise Refused(code)


def redeem(cloud: Cloud, grant: RefreshGrant) -> SignedIn:
    """The sign-in that a refresh token stands for. Raises Refused when it was revoked or the account is bad."""
    person = cloud.people.find_by_id(grant.home, grant.user_id)
    if person is None:
        raise Refused(50034, user=grant.user_id, tenant=grant.home)
    if grant.issued_at < person.valid_from:
        raise Refused(person.revoked_with)
    check_state(person)
    return SignedIn(person, grant.amr, grant.issued_at, grant.tenant)
