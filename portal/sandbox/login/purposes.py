"""What a person signs in for: an application, a device, or an administrator's consent."""

from typing import Protocol

from portal.sandbox.applications import Application
from portal.sandbox.http import Response
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.world.organizations import Organization


class Purpose(Protocol):
    """The part of a sign-in that begins before and goes on after the pages."""

    @property
    def application(self) -> Application:
        """Who asked for it."""

    def complete(self, signed_in: SignedIn, organization: Organization) -> Response:
        """Go on after the person proved who he is. Raises Refused if the organization does not let him."""

    def cancel(self) -> Response:
        """The person pressed Cancel."""

    def refuse(self, refused: Refused) -> Response | None:
        """Note that the organization refused; returns where "Back to the application" leads, None if nowhere."""
