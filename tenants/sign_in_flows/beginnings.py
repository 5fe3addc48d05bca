"""Beginning to sign in: what a person starts here and finishes at Microsoft."""

from collections.abc import Mapping
from typing import Any

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.models import ConnectionProfile
from tenants.sign_in_flows import device, interactive
from tenants.sign_in_flows.places import Place, place_of, service_account_place
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.pending import in_seconds, keep_pending
from tenants.sign_ins.sessions import PortalSession


def begin_interactive(
    *,
    actor: Actor,
    session: PortalSession,
    profile: ConnectionProfile,
    organization: Organization | None,
    redirect_uri: str,
    back: str,
) -> PendingSignIn | None:
    """Begin an interactive sign-in for a profile; returns the one under way that it takes the place of, if any.

    Raises `SignInRefused`, `NoUsableCertificate` or `EnvironmentRefused`.
    """
    actor.require(Permission.RUN_LAUNCH)
    place = place_of(profile, organization)
    flow = interactive.begin(place, redirect_uri=redirect_uri)
    pending = _pending(session, place, back=back, seconds=interactive.LASTS_SECONDS)
    pending.profile_id, pending.organization_id = profile.pk, organization.pk if organization else None
    return keep_pending(actor=actor, pending=pending, flow=flow)


def begin_device(
    *,
    actor: Actor,
    session: PortalSession,
    profile: ConnectionProfile,
    organization: Organization | None,
    back: str,
) -> PendingSignIn | None:
    """Begin a sign-in by device code for a profile; returns and raises what `begin_interactive` does."""
    actor.require(Permission.RUN_LAUNCH)
    place = place_of(profile, organization)
    flow = device.begin(place)
    pending = _pending(session, place, back=back, seconds=_seconds(flow, "expires_in", 900))
    pending.profile_id, pending.organization_id = profile.pk, organization.pk if organization else None
    pending.ask_every = max(1, _seconds(flow, "interval", device.SLOWER_SECONDS))
    return keep_pending(actor=actor, pending=pending, flow={**flow, "interval": pending.ask_every})


def begin_partner_sign_in(
    *, actor: Actor, session: PortalSession, partner: Partner, redirect_uri: str, back: str
) -> PendingSignIn | None:
    """Begin the sign-in of the partner's service account (2.4, step A); returns and raises what the others do."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    place = service_account_place(partner)
    flow = interactive.begin(place, redirect_uri=redirect_uri, pick_account=True)
    pending = _pending(session, place, back=back, seconds=interactive.LASTS_SECONDS)
    pending.partner_id = partner.pk
    return keep_pending(actor=actor, pending=pending, flow=flow)


def _pending(session: PortalSession, place: Place, *, back: str, seconds: int) -> PendingSignIn:
    return PendingSignIn(
        session=session.hash,
        method=place.method,
        tenant_id=place.tenant_id,
        tenant_name=place.tenant_name,
        back=back,
        ends_at=min(in_seconds(seconds), session.ends_at),
    )


def _seconds(flow: Mapping[str, Any], name: str, otherwise: int) -> int:
    try:
        return int(flow.get(name) or otherwise)
    except (TypeError, ValueError):
        return otherwise
