"""Why there is no way into an organization, before anything was asked of Microsoft."""

from portal.core.refusals import Refused
from tenants.tokens.local_explanations import SIGN_IN_ENDED


class NoWayIn(Refused):
    """No connection can be tried; the message says what to do, `error_class` names the kind."""

    error_class = "no_connection_profile"


class NoProfile(NoWayIn):
    """No connection profile applies to the organization for this service."""


class NoUsableCertificate(NoWayIn):
    """No certificate of the partner can be used now."""

    error_class = "no_usable_certificate"


class NoPartnerSignIn(NoWayIn):
    """The partner's service account has not signed in."""

    error_class = "no_partner_sign_in"


class NotSignedIn(NoWayIn):
    """The person who launched the run is not signed in as himself where the profile needs it."""

    error_class = SIGN_IN_ENDED.error_class


class ProfileChanged(NoWayIn):
    """The profile is not what the plan has frozen any more."""

    error_class = "profile_changed"


class WrongEnvironment(NoWayIn):
    """The profile is for another cloud than the organization's, or for one that is closed."""

    error_class = "wrong_environment"


class OwnOrganization(NoWayIn):
    """The organization is the partner's own, which nobody has made a target."""

    error_class = "own_organization"


class ServiceNotKnown(NoWayIn):
    """How to sign in to the service is not known in the organization's cloud."""

    error_class = "service_not_known"
