"""Passkeys (WebAuthn): what the browser is asked, and whether its answer is right."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from portal.accounts.factors.models import Factor, FactorKind
from portal.accounts.factors.services import FactorRefused, add_factor
from portal.accounts.models import User
from portal.core.actors import Actor

_REFUSED = "The browser's answer is not right. Try again, with the device on which the passkey is."


def begin_adding(person: User, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the browser is asked so that it makes a passkey, and what must be kept until it answers."""
    known = [_credential(factor) for factor in person.factors.filter(kind=FactorKind.PASSKEY)]
    user = PublicKeyCredentialUserEntity(
        id=str(person.pk).encode(), name=person.username, display_name=person.display_name
    )
    options, state = _server(host).register_begin(user, known, user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), state


def finish_adding(
    *, actor: Actor, person: User, host: str, state: Mapping[str, Any], answer: Mapping[str, Any], name: str
) -> Factor:
    """Keep the passkey that the browser made; raises `StepUpRequired`, or `FactorRefused` when its answer is wrong."""
    actor.require_step_up()
    try:
        made = _server(host).register_complete(dict(state), dict(answer)).credential_data
    except (ValueError, KeyError, TypeError) as error:
        raise FactorRefused(_REFUSED) from error
    if made is None:
        raise FactorRefused(_REFUSED)
    with transaction.atomic():
        factor = Factor(
            person=person,
            kind=FactorKind.PASSKEY,
            name=name,
            credential_id=websafe_encode(made.credential_id),
            credential=websafe_encode(bytes(made)),
        )
        return add_factor(actor=actor, factor=factor)


def begin_proving(person: User, host: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return what the browser is asked so that it proves a passkey, and what must be kept; None without a passkey."""
    known = [_credential(factor) for factor in person.factors.filter(kind=FactorKind.PASSKEY)]
    if not known:
        return None
    options, state = _server(host).authenticate_begin(known, user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), state


@transaction.atomic
def prove_by_passkey(*, person: User, host: str, state: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return by what a person proved to be there; raises `FactorRefused` unless the answer is that of their passkey.

    A counter that does not grow is a copied passkey, and refused; those without a counter always say 0.
    """
    factors = list(person.factors.select_for_update().filter(kind=FactorKind.PASSKEY))
    try:
        known = [_credential(factor) for factor in factors]
        proved = _server(host).authenticate_complete(dict(state), known, dict(answer))
        counter = int.from_bytes(websafe_decode(answer["response"]["authenticatorData"])[33:37], "big")
    except (ValueError, KeyError, TypeError) as error:
        raise FactorRefused(_REFUSED) from error
    factor = next(each for each in factors if each.credential_id == websafe_encode(proved.credential_id))
    if counter and counter <= factor.counter:
        raise FactorRefused("This passkey looks like a copy. Tell an administrator, and use another second factor.")
    factor.counter, factor.last_used_at = counter, timezone.now()
    factor.save(update_fields=["counter", "last_used_at"])
    return "passkey"


def _server(host: str) -> Fido2Server:
    name = host.partition(":")[0]

    def is_ours(origin: str) -> bool:
        return origin in (f"https://{host}", *([f"http://{host}"] if settings.DEBUG or name == "localhost" else []))

    return Fido2Server(PublicKeyCredentialRpEntity(id=name, name="Signalbox"), verify_origin=is_ours)


def _credential(factor: Factor) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(factor.credential))
