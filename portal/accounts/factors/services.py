"""Proving to be there by a second factor, and adding or removing factors."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from portal.accounts.factors.codes import (
    new_enrolment_code,
    new_recovery_codes,
    step_of,
    use_app_code,
    use_enrolment_code,
    use_recovery_code,
)
from portal.accounts.factors.models import Factor, FactorKind
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor, ActorKind
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.secrets.envelope import seal
from portal.core.text import storable


class FactorRefused(Refused):
    """The factor was not added, removed or believed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What adding the first factor gave: the factor, and the recovery codes, which are shown once."""

    factor: Factor
    recovery_codes: list[str]


@transaction.atomic
def prove_by_code(*, person: User, typed: str) -> str:
    """Return by what a person proved to be there with a typed code: an app's, or a recovery code, each used once.

    Raises `FactorRefused`.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if use_app_code(person, typed):
        return "authenticator app"
    if use_recovery_code(person, typed):
        return "recovery code"
    raise FactorRefused("This code is not right, or was used already. Wait for the next one of your app and type that.")


@transaction.atomic
def note_step_up(*, actor: Actor, method: str) -> None:
    """Record that a signed-in person proved again to be there."""
    target = Object("person", actor.id, actor.label)
    record(AuditAction.PERSON_STEPPED_UP, actor=actor, target=target, data={"method": method})


@transaction.atomic
def enrol_app(*, actor: Actor, person: User, enrolment_code: str, seed: str, code: str, name: str = "") -> Enrolment:
    """Give a person the first factor, or the only one after a loss: needs an administrator's code, used up by it.

    Raises `FactorRefused` when one of the two codes is not right; then nothing is used up.
    """
    step = _require_code(seed, code)
    if not use_enrolment_code(person, enrolment_code):
        raise FactorRefused("This enrolment code is not right, was used already, or is older than a day.")
    lost = list(person.factors.all())
    person.factors.all().delete()
    factor = _add_app(actor, person, seed, step, name)
    for each in lost:
        _record_removed(actor, each)
    return Enrolment(factor, new_recovery_codes(person))


@transaction.atomic
def add_app(*, actor: Actor, person: User, seed: str, code: str, name: str = "") -> Factor:
    """Add an authenticator app to one's own factors; raises `StepUpRequired` or `FactorRefused`."""
    _require_own(actor, person)
    return _add_app(actor, person, seed, _require_code(seed, code), name)


@transaction.atomic
def remove_factor(*, actor: Actor, person: User, factor_id: str) -> None:
    """Remove one of one's own factors; raises `FactorRefused` for the last one."""
    _require_own(actor, person)
    factors = {str(each.pk): each for each in person.factors.select_for_update()}
    factor = factors.get(factor_id)
    if factor is None:
        return
    if len(factors) == 1:
        raise FactorRefused("This is your last second factor: add another one first.")
    _record_removed(actor, factor)
    factor.delete()


@transaction.atomic
def renew_recovery_codes(*, actor: Actor, person: User) -> list[str]:
    """Replace one's own recovery codes; returns the new ones, which are shown once."""
    _require_own(actor, person)
    codes = new_recovery_codes(person)
    record(AuditAction.RECOVERY_CODES_RENEWED, actor=actor, target=_as_object(person))
    return codes


@transaction.atomic
def issue_enrolment_code(*, actor: Actor, person: User) -> str:
    """Return a code with which a person may enrol a second factor, once and within a day; it is shown once.

    Raises `FactorRefused` for one's own account: somebody else must vouch for it.
    """
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    if actor.kind is ActorKind.PERSON and actor.human == person.human:
        raise FactorRefused("Nobody issues an enrolment code to themselves. Ask another administrator.")
    code = new_enrolment_code(person)
    record(AuditAction.ENROLMENT_CODE_ISSUED, actor=actor, target=_as_object(person))
    return code


def add_factor(*, actor: Actor, factor: Factor) -> Factor:
    """Store a factor that was proved to work, in the present transaction."""
    factor.name = storable(factor.name.strip(), 100) or factor.get_kind_display()
    factor.last_used_at = timezone.now()
    factor.save(force_insert=True)
    data = {"factor": factor.get_kind_display(), "name": factor.name}
    record(AuditAction.FACTOR_ADDED, actor=actor, target=_as_object(factor.person), data=data)
    return factor


def _add_app(actor: Actor, person: User, seed: str, step: int, name: str) -> Factor:
    factor = Factor(person=person, kind=FactorKind.APP, name=name, last_step=step)
    factor.sealed_seed = seal(seed.encode(), **Factor.sealed_seed.field.place(factor))
    return add_factor(actor=actor, factor=factor)


def _require_code(seed: str, code: str) -> int:
    step = step_of(seed, "".join(code.split()), timezone.now())
    if step is None:
        raise FactorRefused(
            "The app does not show this code now. Type the present one; the clock of the device must be right."
        )
    return step


def _require_own(actor: Actor, person: User) -> None:
    if actor.id != str(person.pk):
        raise FactorRefused("These are the factors of somebody else.")
    actor.require_step_up()


def _record_removed(actor: Actor, factor: Factor) -> None:
    data = {"factor": factor.get_kind_display(), "name": factor.name}
    record(AuditAction.FACTOR_REMOVED, actor=actor, target=_as_object(factor.person), data=data)


def _as_object(person: User) -> Object:
    return Object("person", str(person.pk), person.display_name)
