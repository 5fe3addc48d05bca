"""Codes that people type: recovery and enrolment codes, and those of authenticator apps."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp
from django.utils import timezone

from portal.accounts.factors.models import EnrolmentCode, Factor, RecoveryCode
from portal.accounts.models import User
from portal.core.secrets.envelope import unseal

ISSUER = "Signalbox"
RECOVERY_CODES = 10
ENROLMENT_LIFETIME = timedelta(hours=24)
STEP_SECONDS = 30
TOLERANCE = 1
"""How many time steps before and after the present one a code of an authenticator app may be of."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_seed() -> str:
    """Return the seed of a new authenticator app, 160 random bits in base32."""
    return pyotp.random_base32(32)


def address_of(person: User, seed: str) -> str:
    """Return what an authenticator app reads from the picture."""
    return pyotp.TOTP(seed).provisioning_uri(name=person.username, issuer_name=ISSUER)


def step_of(seed: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, near enough to `now`; None when it is none."""
    present = int(now.timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(seed)
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if hmac.compare_digest(app.at(step * STEP_SECONDS), code):
            return step
    return None


def use_app_code(person: User, typed: str) -> Factor | None:
    """Return the authenticator app whose code was typed, each code once; the caller holds the lock on the person."""
    code = "".join(typed.split())
    if not (len(code) == 6 and code.isascii() and code.isdecimal()):
        return None
    now = timezone.now()
    for factor in person.factors.select_for_update().exclude(sealed_seed=None):
        seed = unseal(bytes(factor.sealed_seed or b""), **Factor.sealed_seed.field.place(factor)).reveal().decode()
        step = step_of(seed, code, now)
        if step is not None and step > factor.last_step:
            factor.last_step, factor.last_used_at = step, now
            factor.save(update_fields=["last_step", "last_used_at"])
            return factor
    return None


def new_code(groups: int = 4) -> str:
    """Return a random code that people can type: groups of four letters and digits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(groups))


def new_recovery_codes(person: User) -> list[str]:
    """Replace the recovery codes of a person; returns the new ones, which are shown once."""
    person.recovery_codes.all().delete()
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=_digest(person, code)) for code in codes)
    return codes


def use_recovery_code(person: User, typed: str) -> bool:
    """Use up a recovery code of a person; returns whether it was one."""
    deleted, _ = person.recovery_codes.filter(digest=_digest(person, typed)).delete()
    return bool(deleted)


def new_enrolment_code(person: User) -> str:
    """Replace the enrolment code of a person; returns the new one, which is shown once."""
    code = new_code()
    facts = {"digest": _digest(person, code), "expires_at": timezone.now() + ENROLMENT_LIFETIME}
    EnrolmentCode.objects.update_or_create(person=person, defaults=facts)
    return code


def use_enrolment_code(person: User, typed: str) -> bool:
    """Use up the enrolment code of a person; returns whether it was theirs, and in time."""
    found = EnrolmentCode.objects.filter(person=person, digest=_digest(person, typed), expires_at__gt=timezone.now())
    return bool(found.delete()[0])


def _digest(person: User, typed: str) -> str:
    plain = "".join(typed.lower().replace("-", " ").split())
    return hashlib.sha256(f"{person.pk}:{plain}".encode()).hexdigest()
