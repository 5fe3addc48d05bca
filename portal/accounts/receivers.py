"""Sign-in events: the one place where Django's signals write audit events."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind, Source


def peer_address(request: HttpRequest | None) -> str:
    """Return the address of the browser's machine: who spoke to us, or to the first of as many proxies as are ours.

    What lies further ahead in the header anybody can write. A header that is too short, or says no address, counts for
    nothing: then it is who spoke to us.
    """
    if request is None:
        return ""
    peer, trusted = str(request.META.get("REMOTE_ADDR", "")), settings.TRUSTED_PROXY_COUNT
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if not trusted or len(told) < trusted:
        return peer
    try:
        return str(ip_address(told[-trusted]))
    except ValueError:
        return peer


@receiver(user_logged_in)
@transaction.atomic
def record_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a person signing in."""
    actor = user.as_actor(Source.WEB, peer_address(request))
    data = {"method": method} if (method := getattr(request, "sign_in_method", "")) else {}
    record(AuditAction.PERSON_SIGNED_IN, actor=actor, target=_as_object(user), data=data)


@receiver(user_logged_out)
@transaction.atomic
def record_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record a person signing out."""
    if user is None:
        return
    actor = user.as_actor(Source.WEB, peer_address(request))
    record(AuditAction.PERSON_SIGNED_OUT, actor=actor, target=_as_object(user))


@receiver(user_login_failed)
@transaction.atomic
def record_refused_sign_in(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a refused sign-in, with the name that was typed."""
    typed = str(credentials.get("username", ""))[:150]
    actor = Actor(ActorKind.PERSON, "", f"somebody as “{typed}”", (), Source.WEB, peer_address(request))
    record(AuditAction.SIGN_IN_REFUSED, actor=actor, target=Object("person", "", typed))


@transaction.atomic
def record_refused_second_factor(request: HttpRequest, person: User) -> None:
    """Record that somebody who knew a password, or held a session, did not prove the second factor."""
    actor = Actor(ActorKind.PERSON, "", f"somebody as “{person.username}”", (), Source.WEB, peer_address(request))
    record(AuditAction.SECOND_FACTOR_REFUSED, actor=actor, target=_as_object(person))


@transaction.atomic
def record_refused_provider_sign_in(request: HttpRequest, reason: str) -> None:
    """Record that somebody came back from the identity provider and was not let in."""
    actor = Actor(ActorKind.PERSON, "", "somebody at the identity provider", (), Source.WEB, peer_address(request))
    record(
        AuditAction.SIGN_IN_REFUSED,
        actor=actor,
        target=Object("person", "", "a Microsoft account"),
        data={"reason": reason},
    )


def _as_object(person: User) -> Object:
    return Object("person", str(person.pk), person.display_name)
