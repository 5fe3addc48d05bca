"""Sign-in events: the one place where Django's signals write audit events."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind, Source


def peer_address(request: HttpRequest | None) -> str:
    """Return the address of the machine that spoke to us."""
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""


@receiver(user_logged_in)
@transaction.atomic
def record_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a person signing in."""
    actor = user.as_actor(Source.WEB, peer_address(request))
    record(AuditAction.PERSON_SIGNED_IN, actor=actor, target=Object("person", str(user.pk), user.display_name))


@receiver(user_logged_out)
@transaction.atomic
def record_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record a person signing out."""
    if user is None:
        return
    actor = user.as_actor(Source.WEB, peer_address(request))
    record(AuditAction.PERSON_SIGNED_OUT, actor=actor, target=Object("person", str(user.pk), user.display_name))


@receiver(user_login_failed)
@transaction.atomic
def record_refused_sign_in(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a refused sign-in, with the name that was typed."""
    typed = str(credentials.get("username", ""))[:150]
    actor = Actor(ActorKind.PERSON, "", f"somebody as “{typed}”", (), Source.WEB, peer_address(request))
    record(AuditAction.SIGN_IN_REFUSED, actor=actor, target=Object("person", "", typed))
