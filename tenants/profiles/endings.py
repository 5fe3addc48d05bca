"""When what a connection profile signs in with ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from portal.core.templatetags.presentation import counted, days_left, relative
from tenants.app_registrations.models import Certificate, in_order_of_use
from tenants.expiry.thresholds import CERTIFICATE_DAYS
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a certificate or of an access token; `tone` is "good", "partly" or "bad"."""

    moment: datetime | None
    words: str
    tone: str


def endings_of(profiles: Sequence[ConnectionProfile]) -> Mapping[UUID, Ending]:
    """Return the ending of every profile that has one, by its id, in one query."""
    signing = [profile for profile in profiles if _needs_certificate(profile)]
    partners = {profile.partner_id for profile in signing}
    stored = list(
        Certificate.objects.filter(app_registration__partner__in=partners).select_related("app_registration")
        if partners
        else ()
    )
    certificates = {profile.pk: _of_certificate(certificate_of(profile, stored)) for profile in signing}
    tokens = {
        profile.pk: _of_token(profile.token_ends_at)
        for profile in profiles
        if profile.method == Method.ACCESS_TOKEN and profile.token_ends_at
    }
    return {**certificates, **tokens}


def certificate_of(profile: ConnectionProfile, stored: Sequence[Certificate]) -> Certificate | None:
    """Return which of the `stored` certificates a profile would sign in with now, as `choose_certificate` does."""
    may_sign_in = [
        each
        for each in stored
        if each.app_registration.partner_id == profile.partner_id
        and profile.app_registration_id in (None, each.app_registration_id)
        and profile.thumbprint in ("", each.thumbprint)
    ]
    return next(iter(in_order_of_use(may_sign_in)), None)


def _needs_certificate(profile: ConnectionProfile) -> bool:
    return Method(profile.method).is_by_certificate or profile.method == Method.DELEGATED


def _of_certificate(certificate: Certificate | None) -> Ending:
    if certificate is None:
        return Ending(None, "no usable certificate", "bad")
    left = days_left(certificate.not_after)
    tone = "partly" if left <= max(CERTIFICATE_DAYS) else "good"
    return Ending(certificate.not_after, f"certificate: {counted(left, 'day')} left", tone)


def _of_token(moment: datetime) -> Ending:
    ended = moment <= timezone.now()
    return Ending(moment, f"token {'ended' if ended else 'ends'} {relative(moment)}", "bad" if ended else "partly")
