"""Finishing a sign-in: Microsoft's answer is checked, what lasts is kept, and everything is recorded."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from portal.core.actors import Actor
from portal.core.permissions import Permission, PermissionRefused
from portal.core.refusals import Refused
from portal.core.secrets.errors import SecretUnreadable
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.partner.services import store_partner_sign_in
from tenants.profiles.models import ConnectionProfile
from tenants.sign_in_flows import device, interactive, password
from tenants.sign_in_flows.accounts import Account
from tenants.sign_in_flows.places import Place, place_of, service_account_place
from tenants.sign_in_flows.refusals import SignInRefused, nothing_under_way, refused_by_encryption_key
from tenants.sign_ins import pending as under_way
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.services import keep_sign_in
from tenants.sign_ins.sessions import PortalSession


def finish_interactive(*, actor: Actor, session: PortalSession, answer: Mapping[str, str]) -> PendingSignIn:
    """Sign in with what Microsoft sent to the browser; returns what was under way. Raises `Refused`.

    An answer of another sign-in than the one under way is refused and changes nothing: that one can still be finished.
    """
    pending = _of_session(actor, session)
    with _recorded(actor, pending):
        flow = under_way.flow_of(pending)
    if not interactive.belongs_to(flow, answer):
        raise SignInRefused(
            "This answer belongs to another sign-in",
            "Finish the sign-in that you began last, or cancel it and begin again.",
            meaning="You have begun another sign-in since, or somebody sent you an address of their own.",
        )
    if not under_way.may_ask(pending):
        raise nothing_under_way()
    with _recorded(actor, pending):
        place = _place_of(pending)
        _finish(actor, session, pending, place, interactive.finish(place, flow, answer))
    return pending


def poll_device(*, actor: Actor, session: PortalSession) -> PendingSignIn | None:
    """Ask, if it is time to, whether the code was entered; returns what was under way once it is finished, else None.

    Raises `Refused`, after which nothing is under way any more.
    """
    pending = _of_session(actor, session)
    if not pending.ask_every:
        raise nothing_under_way()
    if not under_way.may_ask(pending):
        return None
    with _recorded(actor, pending):
        try:
            place = _place_of(pending)
            account = device.poll(place, under_way.flow_of(pending))
        except device.StillWaiting as waiting:
            if waiting.slow_down:
                under_way.slow_down(pending, pending.ask_every + device.SLOWER_SECONDS)
            return None
        except SignInRefused as refusal:
            if refusal.passes:
                return None
            raise
        _finish(actor, session, pending, place, account)
    return pending


@sensitive_variables("typed_password")
def sign_in_with_password(
    *,
    actor: Actor,
    session: PortalSession,
    profile: ConnectionProfile,
    organization: Organization | None,
    user_principal_name: str,
    typed_password: str,
) -> None:
    """Sign in with a password, which is used once and kept nowhere; raises `Refused`."""
    actor.require(Permission.RUN_LAUNCH)
    place = place_of(profile, organization)
    if not place.method.uses_password:
        raise SignInRefused("This profile takes no password", "Begin the sign-in that the profile is for.")
    attempt = PendingSignIn(
        session=session.hash, method=place.method, tenant_id=place.tenant_id, tenant_name=place.tenant_name
    )
    with _recorded(actor, attempt, under_way.record_refusal):
        account = password.sign_in(place, user_principal_name=user_principal_name, password=typed_password)
        _keep(actor, session, attempt, place, account)


def _of_session(actor: Actor, session: PortalSession) -> PendingSignIn:
    pending = under_way.pending_of(actor=actor)
    if pending is None or pending.session != session.hash:
        raise nothing_under_way()
    return pending


def _place_of(pending: PendingSignIn) -> Place:
    """Return where a sign-in under way takes place, by what its profile says now."""
    if pending.partner_id is not None:
        return service_account_place(Partner.objects.get(pk=pending.partner_id))
    profiles = ConnectionProfile.objects.select_related("partner", "app_registration")
    chosen = Organization.objects.filter(pk=pending.organization_id) if pending.organization_id else None
    return place_of(profiles.get(pk=pending.profile_id or ""), chosen.first() if chosen is not None else None)


@transaction.atomic
def _finish(actor: Actor, session: PortalSession, pending: PendingSignIn, place: Place, account: Account) -> None:
    _keep(actor, session, pending, place, account)
    if not under_way.take(pending):  # cancelled while Microsoft was asked: what came is dropped
        raise nothing_under_way()


def _keep(actor: Actor, session: PortalSession, pending: PendingSignIn, place: Place, account: Account) -> None:
    if pending.partner_id is not None:
        store_partner_sign_in(
            actor=actor,
            partner=Partner.objects.get(pk=pending.partner_id),
            user_principal_name=account.name,
            refresh_token=account.refresh_token,
        )
        return
    sign_in = PersonalSignIn(
        method=place.method,
        environment=place.environment.name,
        tenant_id=place.tenant_id,
        tenant_name=place.tenant_name,
        application_id=place.application.application_id,
        is_public_client=place.application.certificate is None,
        user_principal_name=account.name,
        signed_in_with_mfa=account.with_mfa,
    )
    keep_sign_in(actor=actor, session=session, sign_in=sign_in, refresh_token=account.refresh_token)


@contextmanager
def _recorded(actor: Actor, pending: PendingSignIn, refuse: Callable[..., None] = under_way.refuse) -> Iterator[None]:
    """Record whatever keeps a sign-in from its end, and let it go on."""
    try:
        yield
    except SecretUnreadable as unreadable:
        refusal = refused_by_encryption_key(unreadable)
        refuse(actor=actor, pending=pending, reason=refusal.reason)
        raise refusal from unreadable
    except Exception as error:
        refuse(actor=actor, pending=pending, reason=_reason_of(error))
        raise


def _reason_of(error: Exception) -> str:
    if isinstance(error, SignInRefused):
        return error.reason
    is_told = isinstance(error, Refused | PermissionRefused)
    return str(error) if is_told else "something unexpected happened; the log of the web server says what"
